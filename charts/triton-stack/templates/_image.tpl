{{- /* The reference of an image. Usage: include "triton-stack.image" (dict "root" $ "image" IMAGE) */ -}}
{{- define "triton-stack.image" -}}
{{- $global := default dict .root.Values.global -}}
{{- $registry := coalesce .root.Values.imageRegistry (get $global "imageRegistry") .image.registry "" -}}
{{- $repository := ternary (printf "%s/%s" (trimSuffix "/" $registry) .image.repository) .image.repository (ne $registry "") -}}
{{- if .image.digest -}}
{{- printf "%s@%s" $repository .image.digest -}}
{{- else -}}
{{- printf "%s:%s" $repository .image.tag -}}
{{- end -}}
{{- end -}}

{{- define "triton-stack.imagePullSecrets" -}}
{{- with concat .Values.imagePullSecrets (default list (get (default dict .Values.global) "imagePullSecrets")) | uniq }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}
