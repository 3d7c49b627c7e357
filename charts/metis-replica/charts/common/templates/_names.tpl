{{/*
Every helper takes a dict: root (the chart's context) and component (the part of the release it is about).
*/}}

{{- define "common.fullname" -}}
{{- printf "%s-%s" .root.Release.Name .component | trunc 63 | trimSuffix "-" -}}
{{- end }}

{{/* The name other pods reach this component by. */}}
{{- define "common.host" -}}
{{- printf "%s.%s.svc" (include "common.fullname" .) .root.Release.Namespace -}}
{{- end }}

{{/* What selects all pods of the release. */}}
{{- define "common.releaseLabels" -}}
app.kubernetes.io/name: {{ .root.Chart.Name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- end }}

{{/* What selects a component's pods. It can never change: a StatefulSet's selector is immutable. */}}
{{- define "common.selectorLabels" -}}
{{ include "common.releaseLabels" . }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "common.labels" -}}
{{ include "common.selectorLabels" . }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "common.metadata" -}}
name: {{ include "common.fullname" . }}
namespace: {{ .root.Release.Namespace }}
labels:
  {{- include "common.labels" . | nindent 2 }}
{{- end }}

{{/*
The same for an object that is called by a name of its own, without the release's, since operators and other pods know it by
that name. The component is the name.
*/}}
{{- define "common.ownMetadata" -}}
name: {{ .component }}
namespace: {{ .root.Release.Namespace }}
labels:
  {{- include "common.labels" . | nindent 2 }}
{{- end }}

{{/*
Fails where two parts of a release have one thing, of which each has its own. Takes of (the thing by the part that has it)
and key, by which the values name it.
*/}}
{{- define "common.distinct" -}}
{{- $owners := dict }}
{{- $key := .key }}
{{- range $part, $thing := .of }}
{{- if hasKey $owners $thing }}
{{- fail (printf "%s.%s: %s is that of %s too" $part $key $thing (get $owners $thing)) }}
{{- end }}
{{- $_ := set $owners $thing $part }}
{{- end }}
{{- end }}
