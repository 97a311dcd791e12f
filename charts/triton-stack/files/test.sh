#!/bin/sh
# helm test: each model of the pool is ready and answers its sample, through the Service.
# Usage: test.sh URL
set -u
url=$1 failed=0 asked=0

while read -r model; do
  asked=$((asked + 1))
  code=$(curl --silent --max-time 10 --output /tmp/answer --write-out '%{http_code}' "$url/v2/models/$model/ready")
  if [ "$code" != 200 ]; then
    echo "FAILED $model: not ready through $url (HTTP $code)"
    failed=1
    continue
  fi
  if [ ! -f "/samples/$model.json" ]; then
    echo "ready  $model (no sample to infer with; give models.$model.sample)"
    continue
  fi
  code=$(curl --silent --max-time 60 --output /tmp/answer --write-out '%{http_code}' \
    --header 'content-type: application/json' --data-binary "@/samples/$model.json" "$url/v2/models/$model/infer")
  if [ "$code" = 200 ] && grep -q '"outputs"' /tmp/answer; then
    echo "infers $model: $(head -c 160 /tmp/answer)"
  else
    echo "FAILED $model: inference answered HTTP $code: $(head -c 400 /tmp/answer)"
    failed=1
  fi
done < /samples/models

[ "$asked" -gt 0 ] || { echo "FAILED: no model was asked for"; failed=1; }
exit $failed
