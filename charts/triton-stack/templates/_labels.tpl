{{- /* What selects a pool's pods: nothing that a user sets and no version. Context: root, name. */ -}}
{{- define "triton-stack.selectorLabels" -}}
app.kubernetes.io/name: {{ include "triton-stack.name" .root }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- if .name }}
triton-stack.io/pool: {{ .name }}
{{- end }}
{{- end -}}

{{- /*
The metadata of an object, under `metadata:`.
Usage: include "triton-stack.metadata" (dict "root" $ "object" NAME "component" C "name" POOL "labels" MAP "annotations" MAP);
name, labels and annotations may be left out. Labels of the chart win over those of the user.
*/ -}}
{{- define "triton-stack.metadata" -}}
{{- $chart := dict
  "app.kubernetes.io/managed-by" .root.Release.Service
  "app.kubernetes.io/version" .root.Chart.AppVersion
  "app.kubernetes.io/component" .component
  "app.kubernetes.io/part-of" "triton-stack"
  "helm.sh/chart" (printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-") -}}
{{- $labels := mergeOverwrite (dict) .root.Values.commonLabels (default dict .labels) $chart (include "triton-stack.selectorLabels" . | fromYaml) -}}
{{- $annotations := mergeOverwrite (dict) .root.Values.commonAnnotations (default dict .annotations) -}}
name: {{ .object }}
labels:
  {{- toYaml $labels | nindent 2 }}
{{- with $annotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}
