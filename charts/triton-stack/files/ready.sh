#!/bin/sh
# Readiness of a pod: asks the server for each declared model, and names those that are not ready and why.
# Usage: ready.sh all|any HTTP_PORT MODEL...
set -u
needed=$1 server=http://127.0.0.1:$2/v2
shift 2

for model; do
  shift
  set -- "$@" --output /dev/null "$server/models/$model/ready"
done

# One line an address: status and address. 000 where nothing answered.
states=$(curl --silent --max-time 3 --write-out '%{http_code} %{url_effective}\n' "$@")
if ! echo "$states" | grep -qv '^000 '; then
  echo "the server does not answer at $server"
  exit 1
fi

bad=$(echo "$states" | grep -v '^200 ' | sed -e 's|/ready$||' -e 's|.*/models/||')
[ -n "$bad" ] || exit 0

index=$(curl --silent --max-time 3 --request POST --header "triton-stack-key: $POD_UID" "$server/repository/index" | tr '{' '\n')
for model in $bad; do
  # printf, for the echo of some shells would turn the \n in a reason into line breaks.
  reason=$(printf '%s\n' "$index" | grep "\"name\":\"$model\"" | sed -n -e 's/\\n/ /g' -e 's/.*"reason":"\(.*\)".*/\1/p' | head -n 1 | cut -c 1-400)
  echo "model $model is not ready: ${reason:-its configuration was refused, or it is not in the repository; the reason is in the log of container triton}"
done

good=$(echo "$states" | grep -c '^200 ')
[ "$needed" = any ] && [ "$good" -gt 0 ]
