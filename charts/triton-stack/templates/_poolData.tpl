{{- /*
What a pool's pods read from their ConfigMap: the scripts, the list of models and their configurations.
The Deployment carries its checksum, so it holds nothing that the pods do not use. Context: root, name.
*/ -}}
{{- define "triton-stack.poolData" -}}
{{- $repository := .root.Values.modelRepository.type -}}
models: |
  {{- range $model, $spec := .root.Values.models }}
  {{- if and $spec (eq (default "default" $spec.pool) $.name) }}
  {{ $model }} {{ default "-" $spec.digest }}
  {{- end }}
  {{- end }}
{{- range $model, $spec := .root.Values.models }}
{{- if and $spec (eq (default "default" $spec.pool) $.name) $spec.config }}
{{ $model }}.pbtxt: |
  {{- $spec.config | trimSuffix "\n" | nindent 2 }}
{{- end }}
{{- end }}
ready.sh: |
  {{- .root.Files.Get "files/ready.sh" | trimSuffix "\n" | nindent 2 }}
{{- if eq $repository "objectStore" }}
fetch-models.sh: |
  {{- .root.Files.Get "files/fetch-models.sh" | trimSuffix "\n" | nindent 2 }}
{{- end }}
verify-models.sh: |
  {{- .root.Files.Get "files/verify-models.sh" | trimSuffix "\n" | nindent 2 }}
{{- end -}}
