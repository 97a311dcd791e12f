#!/bin/sh
# Downloads the declared models' bundles from the object store, verifies every file, and lays out the model repository.
# Usage: fetch-models.sh VOLUME [MODEL DIGEST CONFIG]...
#   CONFIG is the text of config.pbtxt; empty: the bundle's own is used. DIGEST is empty for an ensemble, which has no files.
# Environment: STORE (BUCKET/PREFIX), STORE_IDENTITY (where the keys come from, for messages), rclone's remote "store".
# Writes VOLUME/repository; nothing is moved there before all of its files were verified.
set -eu
volume=$1
shift
staging=$volume/staging repository=$volume/repository
errors=/tmp/rclone.log status=/tmp/rclone.status

stop() {
  printf '%s\n' "$*" | tee /dev/termination-log >&2
  exit 1
}

store() {
  # What rclone says belongs into the pod's log and, to explain a failure, into a file; a pipe would lose its exit code.
  { rclone --retries 3 --low-level-retries 3 --contimeout 10s --timeout 60s --stats 10s --stats-one-line \
    --stats-log-level NOTICE "$@" 2>&1 && echo 0 > "$status" || echo $? > "$status"; } | tee -a "$errors" >&2
  return "$(cat "$status")"
}

list_folders() {
  rclone --retries 1 --low-level-retries 3 --contimeout 10s lsf --dirs-only "$1" 2>> "$errors" | tr -d '/' | tr '\n' ' '
}

# Why rclone failed, in words that name the key to change.
explain() {
  bucket=${STORE%%/*}
  if grep -qE 'NoSuchBucket|bucket does not exist|directory not found' "$errors"; then
    stop "modelRepository.objectStore.url: the bucket \"$bucket\" does not exist"
  elif grep -qE 'InvalidAccessKeyId|SignatureDoesNotMatch|AccessDenied|Forbidden|StatusCode: 403|StatusCode: 401' "$errors"; then
    stop "modelRepository.objectStore.credentials: the store refuses the access keys for bucket \"$bucket\" (from $STORE_IDENTITY)"
  elif grep -qE 'no such host|connection refused|i/o timeout|context deadline exceeded|no route to host' "$errors"; then
    stop "modelRepository.objectStore.endpoint: the store ${RCLONE_CONFIG_STORE_ENDPOINT:-of AWS} is not reached: $(grep -oE 'lookup [^ ]+: no such host|connection refused|i/o timeout|no route to host' "$errors" | head -n 1)"
  elif grep -q 'no space left' "$errors"; then
    stop "modelVolume: no space left for the models"
  fi
  stop "$1: $(grep -E 'ERROR|CRITICAL|NOTICE' "$errors" | tail -n 1)"
}

# The manifest has one file a line: {"path":"1/model.py","size":123,"sha256":"..."}
files() {
  sed -n 's/^{"path":"\(.*\)","size":\([0-9]*\),"sha256":"\([0-9a-f]*\)"},\{0,1\}$/\3 \2 \1/p' "$1"
}

fetch() {
  model=$1 digest=${2#sha256:}
  source=store:$STORE/$model/$digest
  target=$staging/$model
  mkdir -p "$target"
  : > "$errors"
  if ! store copyto "$source/manifest.json" "$staging/$model.manifest" || [ ! -f "$staging/$model.manifest" ]; then
    # A store that answers can say what it has instead.
    bundles=$(list_folders "store:$STORE/$model/")
    if [ -n "$bundles" ]; then
      stop "models.$model.digest: the store has no bundle sha256:$digest of $model under s3://$STORE; it has: $bundles"
    fi
    models=$(list_folders "store:$STORE/")
    if [ -z "$models" ]; then
      : > "$errors"
      list_folders "store:${STORE%%/*}" > /dev/null
      [ ! -s "$errors" ] || explain "models.$model"
      stop "modelRepository.objectStore.url: there is nothing under s3://$STORE, but model \"$model\" is declared"
    fi
    stop "models.$model: the store has no model \"$model\" under s3://$STORE; it has: $models"
  fi
  found=$(sha256sum "$staging/$model.manifest" | cut -d ' ' -f 1)
  [ "$found" = "$digest" ] || stop "models.$model.digest: manifest.json does not match; expected sha256:$digest, found sha256:$found"

  files "$staging/$model.manifest" > "$staging/$model.files"
  cut -d ' ' -f 3- "$staging/$model.files" > "$staging/$model.paths"
  bytes=$(awk '{sum += $2} END {print sum + 0}' "$staging/$model.files")
  free=$(df -Pk "$volume" | awk 'NR == 2 {print $4 * 1024}')
  [ "$bytes" -lt "$free" ] || stop "modelVolume: model $model needs $bytes bytes, and $free are free"

  echo "fetch-models: $model: $(wc -l < "$staging/$model.paths") files, $bytes bytes, from s3://$STORE/$model/$digest"
  started=$(date +%s)
  store copy --no-traverse --files-from-raw "$staging/$model.paths" "$source" "$target" || explain "models.$model"
  while read -r expected size path; do
    [ -f "$target/$path" ] || stop "models.$model: the store lacks the file $path of bundle sha256:$digest"
    found=$(sha256sum "$target/$path" | cut -d ' ' -f 1)
    [ "$found" = "$expected" ] || stop "models.$model: the file $path is corrupt; expected sha256:$expected, found sha256:$found"
  done < "$staging/$model.files"
  echo "fetch-models: $model: verified after $(($(date +%s) - started)) s"
}

# A restarted init container begins anew: what an interrupted one left was not verified.
rm -rf "$staging" "$repository"
mkdir -p "$staging" "$repository"
models=
while [ $# -ge 3 ]; do
  name=$1
  if [ -n "$2" ]; then
    fetch "$name" "$2"
  else
    # Triton wants a version folder even where it is empty.
    mkdir -p "$staging/$name/1"
  fi
  [ -z "$3" ] || printf '%s\n' "$3" > "$staging/$name/config.pbtxt"
  mv "$staging/$name" "$repository/$name"
  models="$models $name"
  shift 3
done
rm -rf "$staging"
# Names of models have no blanks.
# shellcheck disable=SC2086
sh /triton-stack/verify-models.sh "$repository" $models
echo "fetch-models: ready for the server:$models"
