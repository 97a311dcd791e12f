{{- /* The pod's volumes. Context: root, name, pool. */ -}}
{{- define "triton-stack.volumes" -}}
- name: scripts
  configMap:
    name: {{ include "triton-stack.cut" (dict "name" (include "triton-stack.fullname" .root) "suffix" "-scripts") }}
- name: models
  {{- if eq .root.Values.modelRepository.type "pvc" }}
  persistentVolumeClaim:
    claimName: {{ include "triton-stack.claimName" .root }}
    readOnly: true
  {{- else }}
  {{- include "triton-stack.emptyDir" .pool.modelVolume | nindent 2 }}
  {{- end }}
- name: shared-memory
  emptyDir:
    medium: Memory
    sizeLimit: {{ .pool.sharedMemory.sizeLimit }}
- name: temporary
  {{- include "triton-stack.emptyDir" .pool.temporaryVolume | nindent 2 }}
{{- include "triton-stack.caVolume" .root }}
{{- range $name, $source := .pool.volumes }}
{{- if $source }}
- name: {{ $name }}
  {{- omit $source "name" | toYaml | nindent 2 }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "triton-stack.emptyDir" -}}
emptyDir:
  {{- with .medium }}
  medium: {{ . }}
  {{- end }}
  {{- with .sizeLimit }}
  sizeLimit: {{ . }}
  {{- end }}
  {{- if not (or .medium .sizeLimit) }} {}{{ end }}
{{- end -}}

{{- define "triton-stack.caVolume" -}}
{{- with .Values.caBundle.configMapName }}
- name: ca-bundle
  configMap:
    name: {{ . }}
{{- end }}
{{- with .Values.caBundle.secretName }}
- name: ca-bundle
  secret:
    secretName: {{ . }}
{{- end }}
{{- end -}}

{{- define "triton-stack.caMount" -}}
{{- if or .Values.caBundle.configMapName .Values.caBundle.secretName }}
- name: ca-bundle
  mountPath: /etc/triton-stack-ca
  readOnly: true
{{- end }}
{{- end -}}
