{{- /*
Rules between values, with the key, the reason and the fix. scripts/triton_stack/spec/chart_rules.py holds the same rules;
tests/contract/bad_values.yaml binds the two. Each define gives findings as lines.
*/ -}}

{{- define "triton-stack.validate" -}}
{{- $pools := list -}}
{{- range $name, $overrides := .Values.pools -}}
{{- if not (kindIs "invalid" $overrides) -}}{{- $pools = append $pools $name -}}{{- end -}}
{{- end -}}
{{- $findings := list (include "triton-stack.validate.models" (dict "root" . "pools" $pools)) -}}
{{- if not $pools -}}
{{- $findings = append $findings "pools: no pool is left; give at least one, for example `pools: {default: {}}`" -}}
{{- end -}}
{{- $pods := 0 -}}
{{- range $name := $pools -}}
{{- $pool := mergeOverwrite (deepCopy $.Values.poolDefaults) (get $.Values.pools $name) -}}
{{- $pods = add $pods (ternary $pool.autoscaling.maxReplicas $pool.replicas $pool.autoscaling.enabled) -}}
{{- $context := dict "root" $ "name" $name "pool" $pool "key" (printf "pools.%s" $name) -}}
{{- $findings = append $findings (include "triton-stack.validate.drain" $context) -}}
{{- $findings = append $findings (include "triton-stack.validate.scaling" $context) -}}
{{- $findings = append $findings (include "triton-stack.validate.network" $context) -}}
{{- $findings = append $findings (include "triton-stack.validate.names" $context) -}}
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

{{- define "triton-stack.validate.models" -}}
{{- $values := .root.Values -}}
{{- $type := $values.modelRepository.type -}}
{{- if and $values.caBundle.configMapName $values.caBundle.secretName }}
caBundle.secretName: set either caBundle.configMapName or caBundle.secretName, not both
{{- end -}}
{{- range $label := include "triton-stack.selectorLabelNames" . | fromJsonArray }}
{{- if hasKey $values.commonLabels $label }}
commonLabels.{{ $label }}: this label selects the pods and is set by the chart; remove it
{{- end }}
{{- end }}
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

{{- define "triton-stack.validate.drain" -}}
{{- $drain := .pool.drain -}}
{{- $age := $drain.grpcMaxConnectionAgeSeconds -}}
{{- $grace := $drain.grpcMaxConnectionAgeGraceSeconds -}}
{{- /* gRPC adds up to 10 % of jitter to the age; in tenths of a second, for templates count in integers best. */ -}}
{{- if and $age (gt (add (mul 11 $age) (mul 10 $grace)) (mul 10 $drain.preStopSeconds)) }}
{{ .key }}.drain.grpcMaxConnectionAgeSeconds: {{ $age }} s (+10 %) and {{ $grace }} s of grace are longer than preStopSeconds ({{ $drain.preStopSeconds }}), so gRPC requests would be lost; raise preStopSeconds or lower the age
{{- end }}
{{- $needed := add $drain.preStopSeconds $drain.exitTimeoutSeconds 5 }}
{{- if gt $needed (int64 $drain.terminationGracePeriodSeconds) }}
{{ .key }}.drain.terminationGracePeriodSeconds: {{ $drain.terminationGracePeriodSeconds }} s are too short; preStopSeconds + exitTimeoutSeconds + 5 need {{ $needed }}
{{- end }}
{{- end -}}

{{- define "triton-stack.validate.scaling" -}}
{{- $nothing := list "0" "0%" -}}
{{- if and (has (print .pool.rollout.maxSurge) $nothing) (has (print .pool.rollout.maxUnavailable) $nothing) }}
{{ .key }}.rollout.maxUnavailable: 0 together with maxSurge 0 lets no pod be replaced; raise one of them
{{- end }}
{{- $scaling := .pool.autoscaling }}
{{- if $scaling.enabled }}
{{- if gt (int $scaling.minReplicas) (int $scaling.maxReplicas) }}
{{ .key }}.autoscaling.minReplicas: {{ $scaling.minReplicas }} is more than maxReplicas ({{ $scaling.maxReplicas }})
{{- end }}
{{- if not (compact (values $scaling.metrics)) }}
{{ .key }}.autoscaling.metrics: no metric is left; give at least one
{{- end }}
{{- end }}
{{- end -}}

{{- define "triton-stack.validate.network" -}}
{{- $ports := .pool.ports -}}
{{- range $pair := list (list "http" "grpc") (list "http" "metrics") (list "grpc" "metrics") }}
{{- if eq (int (get $ports (first $pair))) (int (get $ports (last $pair))) }}
{{ $.key }}.ports.{{ last $pair }}: {{ get $ports (last $pair) }} is the port of {{ first $pair }} too; each needs its own
{{- end }}
{{- end }}
{{- if and (eq .pool.service.type "ClusterIP") (or .pool.service.nodePorts.http .pool.service.nodePorts.grpc) }}
{{ .key }}.service.nodePorts: not used with service.type ClusterIP; set service.type NodePort
{{- end }}
{{- $owners := dict
  "model-repository" "modelRepository"
  "model-control-mode" "models"
  "load-model" "models"
  "http-port" "ports.http"
  "grpc-port" "ports.grpc"
  "metrics-port" "ports.metrics"
  "exit-timeout-secs" "drain.exitTimeoutSeconds"
  "grpc-max-connection-age" "drain.grpcMaxConnectionAgeSeconds"
  "grpc-max-connection-age-grace" "drain.grpcMaxConnectionAgeGraceSeconds" -}}
{{- range $flag, $_ := .pool.server.extraArgs }}
{{- if hasKey $owners $flag }}
{{ $.key }}.server.extraArgs.{{ $flag }}: set {{ get $owners $flag }} instead
{{- end }}
{{- end }}
{{- end -}}

{{- define "triton-stack.validate.names" -}}
{{- $containers := list "fetch-models" "triton" "verify-models" -}}
{{- range $label := include "triton-stack.selectorLabelNames" . | fromJsonArray }}
{{- if hasKey $.pool.podLabels $label }}
{{ $.key }}.podLabels.{{ $label }}: this label selects the pods and is set by the chart; remove it
{{- end }}
{{- end }}
{{- $reserved := dict "sidecars" $containers "initContainers" $containers "volumes" (list "ca-bundle" "models" "scripts" "shared-memory" "temporary") }}
{{- range $field, $names := $reserved }}
{{- range $name, $_ := get $.pool $field }}
{{- if has $name $names }}
{{ $.key }}.{{ $field }}.{{ $name }}: the chart has one of this name; choose another
{{- end }}
{{- end }}
{{- end }}
{{- range $path, $_ := .pool.volumeMounts }}
{{- if has (trimSuffix "/" $path) (list "/dev/shm" "/models" "/tmp" "/triton-stack") }}
{{ $.key }}.volumeMounts.{{ $path }}: the chart mounts its own volume there; choose another path
{{- end }}
{{- end }}
{{- range $name, $_ := .pool.containerOverlays }}
{{- if not (has $name $containers) }}
{{ $.key }}.containerOverlays.{{ $name }}: the chart has no container "{{ $name }}"; there are: {{ join ", " $containers }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "triton-stack.selectorLabelNames" -}}
["app.kubernetes.io/instance", "app.kubernetes.io/name", "triton-stack.io/pool"]
{{- end -}}
