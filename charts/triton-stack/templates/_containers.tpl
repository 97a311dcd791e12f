{{- /* The chart's own containers, each as one YAML map. Context of all: root, name, pool. */ -}}

{{- /* Resources without what is empty or null. */ -}}
{{- define "triton-stack.resources" -}}
{{- $parts := dict -}}
{{- range $part, $amounts := . -}}
{{- range $name, $amount := $amounts -}}
{{- if not (kindIs "invalid" $amount) -}}{{- $_ := set $parts $part (set (default dict (get $parts $part)) $name $amount) -}}{{- end -}}
{{- end -}}
{{- end -}}
{{- toYaml $parts -}}
{{- end -}}

{{- define "triton-stack.tritonContainer" -}}
{{- $env := mergeOverwrite (include "triton-stack.commonEnv" .root | fromYaml) (dict
  "HOME" "/tmp"
  "POD_UID" (dict "valueFrom" (dict "fieldRef" (dict "apiVersion" "v1" "fieldPath" "metadata.uid")))) .pool.env -}}
{{- $resources := deepCopy .pool.resources -}}
{{- if .pool.gpu.count -}}
{{- $gpu := dict .pool.gpu.resource .pool.gpu.count -}}
{{- $resources = mergeOverwrite $resources (dict "requests" $gpu "limits" $gpu) -}}
{{- end -}}
name: triton
image: {{ include "triton-stack.image" (dict "root" .root "image" .pool.image) | quote }}
imagePullPolicy: {{ .pool.image.pullPolicy }}
args:
  {{- include "triton-stack.args" . | nindent 2 }}
env:
  {{- include "triton-stack.env" $env | nindent 2 }}
{{- if .pool.envFrom }}
envFrom:
  {{- range $name, $source := .pool.envFrom }}
  {{- if $source }}
  - {{- toYaml $source | nindent 4 }}
  {{- end }}
  {{- end }}
{{- end }}
ports:
  - {name: http, containerPort: {{ .pool.ports.http }}, protocol: TCP}
  - {name: grpc, containerPort: {{ .pool.ports.grpc }}, protocol: TCP}
  - {name: metrics, containerPort: {{ .pool.ports.metrics }}, protocol: TCP}
{{- include "triton-stack.probes" . }}
lifecycle:
  preStop:
    sleep:
      seconds: {{ .pool.drain.preStopSeconds }}
resources:
  {{- include "triton-stack.resources" $resources | nindent 2 }}
securityContext:
  {{- toYaml .pool.securityContext | nindent 2 }}
terminationMessagePolicy: FallbackToLogsOnError
volumeMounts:
  {{- if eq .root.Values.modelRepository.type "pvc" }}
  - name: models
    mountPath: /models
    {{- with .root.Values.modelRepository.pvc.subPath }}
    subPath: {{ . }}
    {{- end }}
    readOnly: true
  {{- else }}
  - {name: models, mountPath: /models, subPath: repository, readOnly: true}
  {{- end }}
  - {name: scripts, mountPath: /triton-stack, readOnly: true}
  - {name: shared-memory, mountPath: /dev/shm}
  - {name: temporary, mountPath: /tmp}
  {{- include "triton-stack.caMount" .root | nindent 2 }}
  {{- range $path, $mount := .pool.volumeMounts }}
  {{- if $mount }}
  - mountPath: {{ $path }}
    {{- omit $mount "mountPath" | toYaml | nindent 4 }}
  {{- end }}
  {{- end }}
{{- end -}}

{{- define "triton-stack.fetchContainer" -}}
{{- $secret := .root.Values.modelRepository.objectStore.credentials.secretName -}}
{{- $env := mergeOverwrite (include "triton-stack.commonEnv" .root | fromYaml) (include "triton-stack.storeEnv" .root | fromYaml) (dict
  "HOME" "/tmp"
  "STORE" (trimPrefix "s3://" .root.Values.modelRepository.objectStore.url | trimSuffix "/")
  "STORE_IDENTITY" (ternary "the workload identity" (printf "Secret %s" $secret) (eq $secret ""))
  "RCLONE_TRANSFERS" .pool.fetch.transfers) -}}
name: fetch-models
image: {{ include "triton-stack.image" (dict "root" .root "image" .pool.fetch.image) | quote }}
imagePullPolicy: {{ .pool.fetch.image.pullPolicy }}
{{- /* As arguments, not in a ConfigMap: a pod of an earlier revision that starts anew must get its own models. */}}
command: [sh, /triton-stack/fetch-models.sh, /volume]
args:
  {{- range $model := include "triton-stack.models" . | fromJsonArray }}
  {{- $spec := get $.root.Values.models $model }}
  - {{ $model | quote }}
  - {{ default "" $spec.digest | quote }}
  {{- /* Kubernetes expands $(NAME) in arguments; a doubled $ is a plain one. */}}
  - {{ default "" $spec.config | trimSuffix "\n" | replace "$" "$$" | quote }}
  {{- end }}
env:
  {{- include "triton-stack.env" $env | nindent 2 }}
resources:
  {{- include "triton-stack.resources" .pool.fetch.resources | nindent 2 }}
securityContext:
  {{- toYaml .pool.securityContext | nindent 2 }}
terminationMessagePolicy: FallbackToLogsOnError
volumeMounts:
  - {name: models, mountPath: /volume}
  - {name: scripts, mountPath: /triton-stack, readOnly: true}
  - {name: temporary, mountPath: /tmp}
  {{- include "triton-stack.caMount" .root | nindent 2 }}
{{- end -}}

{{- define "triton-stack.verifyContainer" -}}
name: verify-models
image: {{ include "triton-stack.image" (dict "root" .root "image" .pool.image) | quote }}
imagePullPolicy: {{ .pool.image.pullPolicy }}
command: [sh, /triton-stack/verify-models.sh, /models]
args:
  {{- include "triton-stack.models" . | fromJsonArray | toYaml | nindent 2 }}
resources:
  requests: {cpu: 50m, memory: 32Mi}
  limits: {memory: 128Mi}
securityContext:
  {{- toYaml .pool.securityContext | nindent 2 }}
terminationMessagePolicy: FallbackToLogsOnError
volumeMounts:
  - name: models
    mountPath: /models
    {{- with .root.Values.modelRepository.pvc.subPath }}
    subPath: {{ . }}
    {{- end }}
    readOnly: true
  - {name: scripts, mountPath: /triton-stack, readOnly: true}
{{- end -}}
