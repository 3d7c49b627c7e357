{{/* Opening a database or replaying blocks may take days: 72,000 tries, 10 s apart, are 8 days and 8 hours. */}}
{{- define "metis.startup" -}}
periodSeconds: 10
timeoutSeconds: 5
failureThreshold: 72000
{{- end }}

{{/* The process has not answered for two minutes. */}}
{{- define "metis.liveness" -}}
periodSeconds: 10
timeoutSeconds: 5
failureThreshold: 12
{{- end }}

{{/* Our own exporter, where the image of the chain tools is given. Takes the root, and what is asked: the exporter's options. */}}
{{- define "metis.probes" -}}
{{- $values := .root.Values -}}
- name: probes
  image: {{ $values.images.tools }}
  args:
    - exporter
    - --port={{ $values.probes.port }}
    {{- range .asked }}
    - {{ . }}
    {{- end }}
  ports:
    - {name: probes, containerPort: {{ $values.probes.port }}}
  livenessProbe:
    httpGet: {path: /metrics, port: probes}
    {{- include "metis.liveness" . | nindent 4 }}
  securityContext:
    {{- include "common.securityContext" "nobody" | nindent 4 }}
  resources:
    {{- toYaml $values.probes.resources | nindent 4 }}
{{- end }}
