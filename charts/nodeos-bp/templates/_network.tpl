{{/* What selects the pods that may produce. */}}
{{- define "nodeos.fellows" -}}
{{ include "common.releaseLabels" (dict "root" .) }}
nodeyard.io/may-produce: "true"
{{- end }}

{{/* The ports that every node dials outside, as JSON: HTTPS, and those of the peers. */}}
{{- define "nodeos.outsidePorts" -}}
{{- $ports := list 443 }}
{{- range .Values.peers }}
{{- $ports = append $ports (regexFind "[0-9]+$" . | int) }}
{{- end }}
{{- $ports | uniq | toJson }}
{{- end }}

{{/* The port of a URL. */}}
{{- define "nodeos.urlPort" -}}
{{- $host := (urlParse .).host -}}
{{- regexFind "[0-9]+$" (regexFind ":[0-9]+$" $host) | default (hasPrefix "https" . | ternary "443" "80") -}}
{{- end }}
