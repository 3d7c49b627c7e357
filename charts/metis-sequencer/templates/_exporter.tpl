{{- define "metis.exporterFiles" -}}
run-exporter.sh: |
  {{- .Files.Get "files/run-exporter.sh" | nindent 2 }}
config.yaml: |
  sequencer:
    {{ .Release.Name }}:
      l1dtl: {{ include "metis.l1dtlUrl" . }}
      l2geth: {{ include "metis.l2gethUrl" . }}
      themis: http://127.0.0.1:1317
{{- end }}
