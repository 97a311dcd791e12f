{{- /* Every object's name. Names longer than a DNS label are cut and end in a hash, so two never fall together. */ -}}

{{- /* Usage: include "triton-stack.cut" (dict "name" NAME "suffix" SUFFIX) */ -}}
{{- define "triton-stack.cut" -}}
{{- $whole := print .name .suffix -}}
{{- if le (len $whole) 63 -}}
{{- $whole -}}
{{- else -}}
{{- $room := int (sub 54 (len .suffix)) -}}
{{- printf "%s-%s%s" (trunc $room .name | trimSuffix "-") (sha256sum .name | trunc 8) .suffix -}}
{{- end -}}
{{- end -}}

{{- define "triton-stack.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "triton-stack.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride -}}
{{- else if contains (include "triton-stack.name" .) .Release.Name -}}
{{- .Release.Name -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "triton-stack.name" .) -}}
{{- end -}}
{{- end -}}

{{- /* Usage: include "triton-stack.poolName" (dict "root" $ "name" POOL "suffix" SUFFIX) */ -}}
{{- define "triton-stack.poolName" -}}
{{- include "triton-stack.cut" (dict "name" (printf "%s-%s" (include "triton-stack.fullname" .root) .name) "suffix" (default "" .suffix)) -}}
{{- end -}}

{{- define "triton-stack.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "triton-stack.cut" (dict "name" (include "triton-stack.fullname" .) "suffix" "")) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "triton-stack.claimName" -}}
{{- default (include "triton-stack.cut" (dict "name" (include "triton-stack.fullname" .) "suffix" "-models")) .Values.modelRepository.pvc.existingClaim -}}
{{- end -}}
