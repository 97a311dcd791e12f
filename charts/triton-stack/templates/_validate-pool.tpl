{{- /* Rules between the values of one pool. Context of all: root, name, pool (merged), key (for messages). */ -}}

{{- define "triton-stack.validate.pool" -}}
{{- include "triton-stack.validate.server" . }}
{{- include "triton-stack.validate.images" . }}
{{- include "triton-stack.validate.drain" . }}
{{- include "triton-stack.validate.rollout" . }}
{{- include "triton-stack.validate.scaling" . }}
{{- include "triton-stack.validate.network" . }}
{{- include "triton-stack.validate.names" . }}
{{- include "triton-stack.validate.security" . }}
{{- end -}}

{{- define "triton-stack.validate.images" -}}
{{- range $path, $image := dict "image" .pool.image "fetch.image" .pool.fetch.image }}
{{- if not $image.repository }}
{{ $.key }}.{{ $path }}.repository: needed
{{- end }}
{{- if not (or $image.tag $image.digest) }}
{{ $.key }}.{{ $path }}.tag: needed where there is no digest
{{- end }}
{{- end }}
{{- end -}}

{{- define "triton-stack.validate.rollout" -}}
{{- $deadline := int .pool.rollout.progressDeadlineSeconds -}}
{{- if le $deadline (int .pool.rollout.minReadySeconds) }}
{{ .key }}.rollout.minReadySeconds: {{ .pool.rollout.minReadySeconds }} s must be shorter than progressDeadlineSeconds ({{ $deadline }})
{{- end }}
{{- $nothing := list "0" "0%" -}}
{{- if and (has (print .pool.rollout.maxSurge) $nothing) (has (print .pool.rollout.maxUnavailable) $nothing) }}
{{ .key }}.rollout.maxUnavailable: 0 together with maxSurge 0 lets no pod be replaced; raise one of them
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
{{- range $part := list "requests" "limits" }}
{{- if hasKey (default dict (get $.pool.resources $part)) $.pool.gpu.resource }}
{{ $.key }}.resources.{{ $part }}.{{ $.pool.gpu.resource }}: set gpu.count instead
{{- end }}
{{- end }}
{{- $scaling := .pool.autoscaling }}
{{- if $scaling.enabled }}
{{- if gt (int $scaling.minReplicas) (int $scaling.maxReplicas) }}
{{ .key }}.autoscaling.minReplicas: {{ $scaling.minReplicas }} is more than maxReplicas ({{ $scaling.maxReplicas }})
{{- end }}
{{- if not (compact (values $scaling.metrics)) }}
{{ .key }}.autoscaling.metrics: no metric is left; give at least one
{{- end }}
{{- range $name, $metric := $scaling.metrics }}
{{- $resource := default dict (get (default dict $metric) "resource") }}
{{- $wanted := get $resource "name" | toString }}
{{- if eq (get (default dict (get $resource "target")) "type" | toString) "Utilization" }}
{{- if not (or (get (default dict $.pool.resources.requests) $wanted) (get (default dict $.pool.resources.limits) $wanted)) }}
{{ $.key }}.resources.requests.{{ $wanted }}: needed by autoscaling.metrics.{{ $name }}, which is a share of it
{{- end }}
{{- end }}
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
{{- $types := dict
  "allocateLoadBalancerNodePorts" (list "LoadBalancer")
  "externalTrafficPolicy" (list "NodePort" "LoadBalancer")
  "healthCheckNodePort" (list "LoadBalancer")
  "loadBalancerClass" (list "LoadBalancer") -}}
{{- range $field, $_ := .pool.service.spec }}
{{- $allowed := default (list $.pool.service.type) (get $types $field) }}
{{- if not (has $.pool.service.type $allowed) }}
{{ $.key }}.service.spec.{{ $field }}: not allowed with service.type {{ $.pool.service.type }}; for {{ join " or " $allowed }}
{{- end }}
{{- end }}
{{- with .pool.service.nodePorts }}
{{- if and .http (eq (int .http) (int .grpc)) }}
{{ $.key }}.service.nodePorts.grpc: {{ .grpc }} is the node port of http too
{{- end }}
{{- end }}
{{- end -}}
