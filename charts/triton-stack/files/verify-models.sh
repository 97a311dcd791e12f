#!/bin/sh
# Stops the pod before the server starts when the model repository would make it hang, crash or serve nothing.
# Usage: verify-models.sh REPOSITORY MODEL...
set -eu
repository=$1
shift

stop() {
  printf '%s\n' "$*" | tee /dev/termination-log >&2
  exit 1
}

for model; do
  folder=$repository/$model
  if [ ! -d "$folder" ]; then
    found=$(cd "$repository" && for entry in */; do [ -d "$entry" ] && printf '%s ' "${entry%/}"; done)
    stop "models.$model: there is no folder \"$model\" in the model repository; it holds: ${found:-nothing}"
  fi
  versions=0
  for path in "$folder"/*/; do
    [ -d "$path" ] || continue
    path=${path%/} version=${path%/}
    version=${version##*/}
    case $version in
      # Triton reads the number that a name begins with: 3abc becomes version 3, whose folder it then does not find.
      [0-9-]*[!0-9]* | -*)
        stop "models.$model: the folder \"$version\" is not a version, but Triton takes it for one; rename it to a plain number, or away from the model" ;;
      0?*)
        stop "models.$model: Triton ignores the version folder \"$version\"; remove the leading zero" ;;
      [0-9]*)
        [ ${#version} -le 18 ] || stop "models.$model: the version \"$version\" is too long, and Triton would crash on it; use at most 18 digits"
        versions=$((versions + 1)) ;;
    esac
  done
  [ "$versions" -gt 0 ] || stop "models.$model: no version folder (1, 2, ...) in \"$model\"; Triton would never load it"
done
