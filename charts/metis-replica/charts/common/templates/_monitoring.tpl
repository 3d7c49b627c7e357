{{/*
The labels of an alert whose expression keeps none by which a release is known. Without them Alertmanager takes the alerts of
two releases for one, and tells one person of one of them. Takes root.
*/}}
{{- define "common.alertLabels" -}}
namespace: {{ .root.Release.Namespace | quote }}
release: {{ .root.Release.Name | quote }}
{{- end }}

{{/*
Scrapes port `metrics` of the component's Service, or `port`, and those in the list `more`. Also takes interval, and where
there is one the path and the authorization (ServiceMonitor's own words). With `selector`, labels, it scrapes the release's
Services that have these.
*/}}
{{- define "common.serviceMonitor" -}}
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata:
  {{- include "common.metadata" . | nindent 2 }}
    {{- with .root.Values.monitoring.labels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  selector:
    matchLabels:
      {{- if .selector }}
      {{- include "common.releaseLabels" . | nindent 6 }}
      {{- toYaml .selector | nindent 6 }}
      {{- else }}
      {{- include "common.selectorLabels" . | nindent 6 }}
      {{- end }}
  namespaceSelector:
    matchNames: [{{ .root.Release.Namespace }}]
  endpoints:
    {{- range prepend (.more | default list) (.port | default "metrics") }}
    - port: {{ . }}
      interval: {{ $.interval }}
      {{- with $.path }}
      path: {{ . }}
      {{- end }}
      {{- with $.authorization }}
      authorization:
        {{- toYaml . | nindent 8 }}
      {{- end }}
    {{- end }}
{{- end }}
