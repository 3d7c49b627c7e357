{{/*
The chart's Grafana dashboard, dashboards/<chart>.json, where Grafana's sidecar finds it: by the label `grafana_dashboard`,
in the folder that the annotation names. Takes root.

Grafana writes no dashboard at all any more once two have one uid, or one title in a folder (grafana/grafana#39467). So
each release's has its own. Its key is a file's name, and the sidecar puts all namespaces' files into one directory.

The file is read, and not run as a template: {{...}} in a legend is Grafana's. Its variables `namespace` and `release` say
which series it shows; here they get their values.
*/}}
{{- define "common.dashboard" -}}
{{- if .root.Values.monitoring.enabled }}
{{- $release := .root.Release }}
{{- $board := printf "dashboards/%s.json" .root.Chart.Name | .root.Files.Get | mustFromJson }}
{{- $name := printf "%s/%s" $release.Namespace $release.Name }}
{{- $_ := set $board "uid" (sha1sum (printf "%s/%s" .root.Chart.Name $name)) }}
{{- $_ := set $board "title" (printf "%s: %s" $board.title $name) }}
{{- $values := dict "namespace" $release.Namespace "release" $release.Name }}
{{- range $variable := $board.templating.list }}
{{- with get $values $variable.name }}
{{- $_ := set $variable "query" . }}
{{- $_ := set $variable "current" (dict "text" . "value" .) }}
{{- end }}
{{- end -}}
apiVersion: v1
kind: ConfigMap
metadata:
  {{- include "common.metadata" (dict "root" .root "component" "dashboard") | nindent 2 }}
    grafana_dashboard: "1"
    {{- with .root.Values.monitoring.labels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  annotations:
    grafana_folder: Nodeyard
data:
  {{ $release.Namespace }}.{{ $release.Name }}.json: |-
    {{ mustToJson $board }}
{{- end }}
{{- end }}
