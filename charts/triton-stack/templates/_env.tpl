{{- /* A scalar as text. Helm reads numbers as floats, and large ones would print as 2.68435456e+08. */ -}}
{{- define "triton-stack.scalar" -}}
{{- if and (kindIs "float64" .) (eq (floor .) .) -}}{{- int64 . -}}{{- else -}}{{- . -}}{{- end -}}
{{- end -}}

{{- /* Environment as a list, from a map of NAME: value or NAME: {valueFrom: ...}; null leaves a name out. */ -}}
{{- define "triton-stack.env" -}}
{{- range $name, $value := . }}
{{- if not (kindIs "invalid" $value) }}
- name: {{ $name }}
  {{- if kindIs "map" $value }}
  {{- toYaml $value | nindent 2 }}
  {{- else }}
  value: {{ include "triton-stack.scalar" $value | quote }}
  {{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{- /* Proxy and certificate authorities, for every container; a map as YAML. */ -}}
{{- define "triton-stack.commonEnv" -}}
{{- with .Values.proxy.httpProxy }}
HTTP_PROXY: {{ . | quote }}
{{- end }}
{{- with .Values.proxy.httpsProxy }}
HTTPS_PROXY: {{ . | quote }}
{{- end }}
{{- with .Values.proxy.noProxy }}
NO_PROXY: {{ . | quote }}
{{- end }}
{{- if or .Values.caBundle.configMapName .Values.caBundle.secretName }}
{{- range list "AWS_CA_BUNDLE" "CURL_CA_BUNDLE" "REQUESTS_CA_BUNDLE" "SSL_CERT_FILE" }}
{{ . }}: /etc/triton-stack-ca/{{ $.Values.caBundle.key }}
{{- end }}
{{- end }}
{{- end -}}

{{- /* How rclone reaches the object store; a map as YAML. */ -}}
{{- define "triton-stack.storeEnv" -}}
{{- $store := .Values.modelRepository.objectStore -}}
RCLONE_CONFIG: ""
RCLONE_CONFIG_STORE_TYPE: s3
RCLONE_CONFIG_STORE_ENV_AUTH: "true"
RCLONE_CONFIG_STORE_PROVIDER: {{ ternary "Other" "AWS" (ne $store.endpoint "") }}
{{- with $store.endpoint }}
RCLONE_CONFIG_STORE_ENDPOINT: {{ . | quote }}
{{- end }}
RCLONE_CONFIG_STORE_REGION: {{ $store.region | quote }}
RCLONE_CONFIG_STORE_FORCE_PATH_STYLE: {{ $store.pathStyle | quote }}
{{- with $store.credentials }}
{{- if .secretName }}
AWS_ACCESS_KEY_ID:
  valueFrom: {secretKeyRef: {name: {{ .secretName | quote }}, key: {{ .accessKeyIdKey | quote }}}}
AWS_SECRET_ACCESS_KEY:
  valueFrom: {secretKeyRef: {name: {{ .secretName | quote }}, key: {{ .secretAccessKeyKey | quote }}}}
{{- end }}
{{- end }}
{{- end -}}
