{{- /*
Rules about tritonserver in a pool: its release, and the flags that it knows; a flag or value that it does not take ends it at
once. scripts/triton_stack/spec/server_rules.py holds the same rules. Context: root, name, pool (merged), key, table.
*/ -}}

{{- define "triton-stack.serverTable" -}}
{{- .Files.Get "files/server-flags.json" -}}
{{- end -}}

{{- /* The release of Triton in a pool's image, as YY.MM; empty when nothing tells it. Context: pool, table. */ -}}
{{- define "triton-stack.tritonVersion" -}}
{{- if .pool.tritonVersion -}}
{{- .pool.tritonVersion -}}
{{- else if regexMatch "^[0-9][0-9]\\.(0[1-9]|1[0-2])([^0-9]|$)" .pool.image.tag -}}
{{- trunc 5 .pool.image.tag -}}
{{- else if regexMatch "^2\\.[0-9]+(\\.[0-9]+)?([^0-9.]|$)" .pool.image.tag -}}
{{- get .table.serverNumbers (regexFind "^2\\.[0-9]+(\\.[0-9]+)?" .pool.image.tag | trimSuffix ".0") -}}
{{- end -}}
{{- end -}}

{{- define "triton-stack.validate.server" -}}
{{- $declared := include "triton-stack.tritonVersion" . -}}
{{- if not $declared }}
{{ .key }}.tritonVersion: the image's tag "{{ .pool.image.tag }}" does not tell the release of Triton; give it, for example "{{ .table.default }}"
{{- else if lt $declared .table.oldest }}
{{ .key }}.{{ ternary "tritonVersion" "image.tag" (ne .pool.tritonVersion "") }}: Triton {{ $declared }} is older than {{ .table.oldest }}, the oldest that this chart knows
{{- end }}
{{- range $name, $value := .pool.server.extraArgs }}
{{- $key := printf "%s.server.extraArgs.%s" $.key $name }}
{{- if hasKey $.table.advice $name }}
{{ $key }}: {{ get $.table.advice $name }}
{{- else if not (hasKey $.table.flags $name) }}
{{- /* Who runs a newer server than we know may use its newer flags. */}}
{{- if le $declared $.table.newest }}
{{ $key }}: tritonserver has no such flag and would not start; {{ include "triton-stack.flagAdvice" (dict "name" $name "flags" $.table.flags) }}
{{- end }}
{{- else }}
{{- $flag := get $.table.flags $name }}
{{- if and $declared (lt $declared $flag.since) }}
{{ $key }}: Triton {{ $declared }} does not know this flag and would not start, it came with {{ $flag.since }}; remove it or use a newer image
{{- else }}
{{- range ternary $value (list $value) (kindIs "slice" $value) }}
{{- if not (or (kindIs "invalid" .) (regexMatch (get $.table.patterns $flag.kind) (include "triton-stack.scalar" . | lower))) }}
{{ $key }}: "{{ include "triton-stack.scalar" . }}" is not {{ $flag.kind }}, and tritonserver would not start; give {{ $flag.kind }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{- /* The flag that is spelled alike but for dashes, underscores and case. Context: name, flags. */ -}}
{{- define "triton-stack.flagAdvice" -}}
{{- $letters := regexReplaceAll "[^a-z0-9]" (lower .name) "" -}}
{{- $near := "" -}}
{{- range $flag, $_ := .flags -}}
{{- if eq (replace "-" "" $flag) $letters -}}{{- $near = $flag -}}{{- end -}}
{{- end -}}
{{- if $near -}}did you mean "{{ $near }}"?{{- else -}}remove it{{- end -}}
{{- end -}}
