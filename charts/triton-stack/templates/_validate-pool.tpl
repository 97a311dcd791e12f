{{- /* Rules between the values of one pool. Context of all: root, name, pool (merged), key (for messages). */ -}}

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
{{- $advice := dict "ports" "set ports instead" "selector" "the chart selects its own pods; remove it" "type" "set service.type instead" -}}
{{- range $field, $_ := .pool.service.spec }}
{{- if hasKey $advice $field }}
{{ $.key }}.service.spec.{{ $field }}: {{ get $advice $field }}
{{- end }}
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
