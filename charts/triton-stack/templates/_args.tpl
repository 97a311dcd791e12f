{{- /* The names of a pool's models, as a JSON list. Context: root, name. */ -}}
{{- define "triton-stack.models" -}}
{{- $models := list -}}
{{- range $model, $spec := .root.Values.models -}}
{{- if and (kindIs "map" $spec) (eq (default "default" $spec.pool) $.name) -}}{{- $models = append $models $model -}}{{- end -}}
{{- end -}}
{{- toJson $models -}}
{{- end -}}

{{- /* tritonserver's flags: a map, so that the user's value wins, then a sorted list. Context: root, name, pool. */ -}}
{{- define "triton-stack.args" -}}
{{- $drain := .pool.drain -}}
{{- /* One bad model must not stop the server; readiness is the chart's own probe, which knows the declared models. */ -}}
{{- $flags := dict
  "model-repository" "/models"
  "model-control-mode" "explicit"
  "load-model" (include "triton-stack.models" . | fromJsonArray)
  "exit-on-error" false
  "strict-readiness" false
  "http-port" .pool.ports.http
  "grpc-port" .pool.ports.grpc
  "metrics-port" .pool.ports.metrics
  "exit-timeout-secs" $drain.exitTimeoutSeconds -}}
{{- if $drain.grpcMaxConnectionAgeSeconds -}}
{{- $_ := set $flags "grpc-max-connection-age" (mul 1000 $drain.grpcMaxConnectionAgeSeconds) -}}
{{- $_ := set $flags "grpc-max-connection-age-grace" (mul 1000 $drain.grpcMaxConnectionAgeGraceSeconds) -}}
{{- end -}}
{{- if .pool.server.lockApis -}}
{{- $lock := "model-repository,shared-memory,trace,logging:triton-stack-key=$(POD_UID)" -}}
{{- $_ := set $flags "http-restricted-api" $lock -}}
{{- $_ := set $flags "grpc-restricted-protocol" $lock -}}
{{- end -}}
{{- $known := (include "triton-stack.serverTable" .root | fromJson).flags -}}
- tritonserver
{{- range $flag, $value := mergeOverwrite $flags .pool.server.extraArgs }}
{{- if eq (dig $flag "kind" "" $known) "true or false" }}
{{- /* A switch: it is on by being there, and a value would end the server. */}}
{{- if eq (toString $value) "true" }}
- --{{ $flag }}
{{- end }}
{{- else if kindIs "slice" $value }}
{{- range $value }}
- {{ printf "--%s=%s" $flag (include "triton-stack.scalar" .) | quote }}
{{- end }}
{{- else if not (kindIs "invalid" $value) }}
- {{ printf "--%s=%s" $flag (include "triton-stack.scalar" $value) | quote }}
{{- end }}
{{- end }}
{{- end -}}
