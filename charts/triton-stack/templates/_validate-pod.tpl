{{- /* Rules between the values that make the pods of one pool: names, mounts, users. Context: root, name, pool (merged), key. */ -}}

{{- define "triton-stack.validate.security" -}}
{{- $user := .pool.podSecurityContext.runAsUser -}}
{{- if and .pool.podSecurityContext.runAsNonRoot (not (kindIs "invalid" $user)) (eq (int $user) 0) }}
{{ .key }}.podSecurityContext.runAsUser: 0 is root, which runAsNonRoot forbids; set another user
{{- end }}
{{- $escalation := .pool.securityContext.allowPrivilegeEscalation -}}
{{- if and .pool.securityContext.privileged (kindIs "bool" $escalation) (not $escalation) }}
{{ .key }}.securityContext.privileged: Kubernetes refuses true together with allowPrivilegeEscalation false; remove it
{{- end }}
{{- end -}}

{{- define "triton-stack.validate.names" -}}
{{- $containers := list "fetch-models" "triton" "verify-models" -}}
{{- range $label := include "triton-stack.selectorLabelNames" . | fromJsonArray }}
{{- if hasKey $.pool.podLabels $label }}
{{ $.key }}.podLabels.{{ $label }}: this label selects the pods and is set by the chart; remove it
{{- end }}
{{- end }}
{{- $volumes := list "ca-bundle" "models" "scripts" "shared-memory" "temporary" }}
{{- $reserved := dict "sidecars" $containers "initContainers" $containers "volumes" $volumes "env" (list "POD_UID") }}
{{- range $field, $names := $reserved }}
{{- range $name, $_ := get $.pool $field }}
{{- if has $name $names }}
{{ $.key }}.{{ $field }}.{{ $name }}: the chart has one of this name; choose another
{{- end }}
{{- end }}
{{- end }}
{{- range $name, $_ := .pool.sidecars }}
{{- if and (get $.pool.sidecars $name) (get $.pool.initContainers $name) }}
{{ $.key }}.sidecars.{{ $name }}: an init container has this name too; choose another
{{- end }}
{{- end }}
{{- range $field := list "sidecars" "initContainers" }}
{{- range $name, $container := get $.pool $field }}
{{- if and $container (not $container.image) }}
{{ $.key }}.{{ $field }}.{{ $name }}.image: needed
{{- end }}
{{- end }}
{{- end }}
{{- range $path, $mount := .pool.volumeMounts }}
{{- $bare := trimAll "/" $path | printf "/%s" }}
{{- if has $bare (list "/dev/shm" "/models" "/tmp" "/triton-stack" "/etc/triton-stack-ca") }}
{{ $.key }}.volumeMounts.{{ $path }}: the chart mounts its own volume there; choose another path
{{- end }}
{{- if $mount }}
{{- if and (ne $bare $path) (get $.pool.volumeMounts $bare) }}
{{ $.key }}.volumeMounts.{{ $path }}: {{ $bare }} is the same path; keep one of the two
{{- end }}
{{- $name := default "" $mount.name }}
{{- /* An overlay of the whole pod may bring volumes of its own. */}}
{{- if not (or (get $.pool.volumes $name) (has $name $volumes) (hasKey $.pool.podOverlay "volumes")) }}
{{ $.key }}.volumeMounts.{{ $path }}.name: there is no volume "{{ $name }}"; add it under volumes
{{- end }}
{{- end }}
{{- end }}
{{- range $name, $_ := .pool.containerOverlays }}
{{- if not (has $name $containers) }}
{{ $.key }}.containerOverlays.{{ $name }}: the chart has no container "{{ $name }}"; there are: {{ join ", " $containers }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "triton-stack.selectorLabelNames" -}}
["app.kubernetes.io/instance", "app.kubernetes.io/name", "triton-stack.io/pool"]
{{- end -}}
