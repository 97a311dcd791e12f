{{- /*
Rules between values, with the key, the reason and the fix. scripts/triton_stack/spec/chart_rules.py holds the same rules;
tests/contract/bad_values.yaml binds the two. Each define gives findings as lines.
*/ -}}

{{- define "triton-stack.validate" -}}
{{- $pools := list -}}
{{- range $name, $overrides := .Values.pools -}}
{{- if not (kindIs "invalid" $overrides) -}}{{- $pools = append $pools $name -}}{{- end -}}
{{- end -}}
{{- $table := include "triton-stack.serverTable" . | fromJson -}}
{{- $findings := list (include "triton-stack.validate.values" .) (include "triton-stack.validate.models" (dict "root" . "pools" $pools)) -}}
{{- if not $pools -}}
{{- $findings = append $findings "pools: no pool is left; give at least one, for example `pools: {default: {}}`" -}}
{{- end -}}
{{- $pods := 0 -}}
{{- range $name := $pools -}}
{{- $pool := mergeOverwrite (deepCopy $.Values.poolDefaults) (get $.Values.pools $name) -}}
{{- $pods = add $pods (ternary $pool.autoscaling.maxReplicas $pool.replicas $pool.autoscaling.enabled) -}}
{{- $context := dict "root" $ "name" $name "pool" $pool "key" (printf "pools.%s" $name) "table" $table -}}
{{- $findings = append $findings (include "triton-stack.validate.pool" $context) -}}
{{- end -}}
{{- $pvc := .Values.modelRepository.pvc -}}
{{- $shared := or (has "ReadOnlyMany" $pvc.accessModes) (has "ReadWriteMany" $pvc.accessModes) -}}
{{- if and (eq .Values.modelRepository.type "pvc") (gt (int $pods) 1) (not $shared) (not $pvc.singleNode) -}}
{{- $findings = append $findings (printf "modelRepository.pvc.accessModes: the pools have up to %d pods, and a ReadWriteOnce claim can be mounted on one node only; use a ReadOnlyMany or ReadWriteMany claim, or, where all pods run on one node, set modelRepository.pvc.singleNode: true" (int $pods)) -}}
{{- end -}}
{{- $text := join "\n" $findings | trim -}}
{{- if $text -}}
{{- fail (printf "\n\ntriton-stack cannot be installed with these values:\n%s\n" (regexReplaceAll "(?m)^\\s*(\\S)" $text "  - ${1}")) -}}
{{- end -}}
{{- end -}}

{{- define "triton-stack.validate.values" -}}
{{- range $label := include "triton-stack.selectorLabelNames" . | fromJsonArray }}
{{- if hasKey $.Values.commonLabels $label }}
commonLabels.{{ $label }}: this label selects the pods and is set by the chart; remove it
{{- end }}
{{- end }}
{{- if and .Values.caBundle.configMapName .Values.caBundle.secretName }}
caBundle.secretName: set either caBundle.configMapName or caBundle.secretName, not both
{{- end }}
{{- with .Values.serviceMonitor }}
{{- if gt (include "triton-stack.milliseconds" .scrapeTimeout | int64) (include "triton-stack.milliseconds" .interval | int64) }}
serviceMonitor.scrapeTimeout: {{ .scrapeTimeout }} is longer than the interval ({{ .interval }}), which the operator refuses
{{- end }}
{{- end }}
{{- range $name, $object := .Values.extraObjects }}
{{- if and (kindIs "map" $object) $object }}
{{- range $field := list "apiVersion" "kind" }}
{{- if not (get $object $field) }}
extraObjects.{{ $name }}.{{ $field }}: needed; every Kubernetes object has one
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "triton-stack.milliseconds" -}}
{{- $factors := dict "ms" 1 "s" 1000 "m" 60000 "h" 3600000 -}}
{{- mul (regexFind "^[0-9]+" . | int64) (get $factors (regexFind "[a-z]+$" .)) -}}
{{- end -}}

{{- define "triton-stack.validate.models" -}}
{{- $values := .root.Values -}}
{{- $type := $values.modelRepository.type -}}
{{- if and (eq $type "objectStore") (not $values.modelRepository.objectStore.url) }}
modelRepository.objectStore.url: needed for modelRepository.type objectStore; give s3://BUCKET/PREFIX
{{- end }}
{{- $served := dict -}}
{{- range $name, $model := $values.models }}
{{- if kindIs "map" $model }}
{{- $pool := default "default" $model.pool }}
{{- $_ := set $served $pool true }}
{{- if not (has $pool $.pools) }}
models.{{ $name }}.pool: there is no pool "{{ $pool }}"; the pools are: {{ join ", " $.pools }}
{{- end }}
{{- if and $model.sample (hasKey (fromJson $model.sample) "Error") }}
models.{{ $name }}.sample: not a JSON object; give the body of an inference request
{{- end }}
{{- if eq $type "objectStore" }}
{{- $said := regexFind "(?m)^name\\s*:\\s*\"[^\"]*\"" (default "" $model.config) | regexFind "\"[^\"]*\"" | trimAll "\"" }}
{{- if and $said (ne $said $name) }}
models.{{ $name }}.config: its name is "{{ $said }}", and Triton loads a model by its key, {{ $name }}; make the two equal
{{- end }}
{{- if not (or $model.digest (regexMatch "platform\\s*:\\s*\"ensemble\"" (default "" $model.config))) }}
models.{{ $name }}.digest: needed for modelRepository.type objectStore; `triton-stack publish` prints it
{{- end }}
{{- else }}
{{- range $field := list "config" "digest" }}
{{- if get $model $field }}
models.{{ $name }}.{{ $field }}: not used with modelRepository.type pvc, where the claim's own files count; remove it
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- range .pools }}
{{- if not (hasKey $served .) }}
models: no model is declared for pool {{ . }}; add one under models, or remove the pool with `pools.{{ . }}: null`
{{- end }}
{{- end }}
{{- end -}}
