{{- /* The scripts that pods run. The pods carry their checksum, so a new script reaches them by a rollout. */ -}}
{{- define "triton-stack.scripts" -}}
{{- range list "fetch-models.sh" "ready.sh" "verify-models.sh" }}
{{ . }}: |
  {{- $.Files.Get (printf "files/%s" .) | trimSuffix "\n" | nindent 2 }}
{{- end }}
{{- end -}}
