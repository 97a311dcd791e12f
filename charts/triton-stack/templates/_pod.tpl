{{- /* Merges the user's overlay over a container. Usage: include "triton-stack.overlaid" (dict "pool" POOL "container" YAML) */ -}}
{{- define "triton-stack.overlaid" -}}
{{- $container := fromYaml .container -}}
{{- toYaml (mergeOverwrite $container (default dict (get .pool.containerOverlays $container.name))) -}}
{{- end -}}

{{- /* The spec of a pool's pods, as YAML. Context: root, name, pool. */ -}}
{{- define "triton-stack.podSpec" -}}
{{- $initial := ternary "triton-stack.verifyContainer" "triton-stack.fetchContainer" (eq .root.Values.modelRepository.type "pvc") -}}
serviceAccountName: {{ include "triton-stack.serviceAccountName" .root }}
automountServiceAccountToken: {{ .root.Values.serviceAccount.automountToken }}
{{- include "triton-stack.imagePullSecrets" .root }}
securityContext:
  {{- toYaml .pool.podSecurityContext | nindent 2 }}
terminationGracePeriodSeconds: {{ .pool.drain.terminationGracePeriodSeconds }}
{{- /* Without this every Service of the namespace becomes environment, and Triton's flags do not need it. */}}
enableServiceLinks: false
initContainers:
  - {{- include "triton-stack.overlaid" (dict "pool" .pool "container" (include $initial .)) | nindent 4 }}
  {{- include "triton-stack.namedContainers" .pool.initContainers | nindent 2 }}
containers:
  - {{- include "triton-stack.overlaid" (dict "pool" .pool "container" (include "triton-stack.tritonContainer" .)) | nindent 4 }}
  {{- include "triton-stack.namedContainers" .pool.sidecars | nindent 2 }}
volumes:
  {{- include "triton-stack.volumes" . | nindent 2 }}
{{- with .pool.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .pool.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .pool.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- if compact (values .pool.topologySpread) }}
topologySpreadConstraints:
  {{- range $key, $constraint := .pool.topologySpread }}
  {{- if $constraint }}
  - topologyKey: {{ $key }}
    labelSelector:
      matchLabels:
        {{- include "triton-stack.selectorLabels" $ | nindent 8 }}
    {{- toYaml $constraint | nindent 4 }}
  {{- end }}
  {{- end }}
{{- end }}
{{- with .pool.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .pool.runtimeClassName }}
runtimeClassName: {{ . }}
{{- end }}
{{- with .pool.schedulerName }}
schedulerName: {{ . }}
{{- end }}
{{- end -}}

{{- define "triton-stack.namedContainers" -}}
{{- range $name, $container := . }}
{{- if $container }}
- name: {{ $name }}
  {{- omit $container "name" | toYaml | nindent 2 }}
{{- end }}
{{- end }}
{{- end -}}
