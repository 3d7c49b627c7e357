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

{{/* What the nodes' own metrics do not tell: the sync gates, peers, and what themis signs. */}}
{{- define "metis.ownProbes" -}}
{{- $rollup := printf "--rollup=l2geth=%s" (include "metis.l2gethUrl" .) -}}
{{- /* The bridge's RPC opens once it no longer waits for themis to sync. */ -}}
{{- $asked := list $rollup "--tendermint=themis=http://127.0.0.1:26657" "--answers=bridge=http://127.0.0.1:8646/health" -}}
{{- include "metis.probes" (dict "root" . "asked" $asked) -}}
{{- end }}

{{/* The sequencer's address, once there is a key: before, the stack's file has forty zeros. */}}
{{- define "metis.sequencerAddress" -}}
{{- with .Values.l2geth.env.SEQ_ADDRESS }}
{{- if not (regexMatch "^0x0{40}$" .) }}{{ . }}{{ end }}
{{- end }}
{{- end }}
