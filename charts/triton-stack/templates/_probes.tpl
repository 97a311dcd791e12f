{{- /*
Triton opens its ports only after all models were loaded, so the startup probe covers the loading and the others begin after it.
Liveness asks for the process alone. Readiness asks for each declared model: Triton's own readiness misses models whose
configuration it refused, and stays false for ever after one failed load. Context: root, name, pool.
*/ -}}
{{- define "triton-stack.probes" }}
startupProbe:
  httpGet: {path: /v2/health/live, port: http}
  {{- toYaml .pool.startupProbe | nindent 2 }}
livenessProbe:
  httpGet: {path: /v2/health/live, port: http}
  {{- toYaml .pool.livenessProbe | nindent 2 }}
readinessProbe:
  exec:
    command:
      {{- concat (list "sh" "/triton-stack/ready.sh" .pool.readinessProbe.models (toString .pool.ports.http)) (include "triton-stack.models" . | fromJsonArray) | toYaml | nindent 6 }}
  {{- toYaml (omit .pool.readinessProbe "models") | nindent 2 }}
{{- end -}}
