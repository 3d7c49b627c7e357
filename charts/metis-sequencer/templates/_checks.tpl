{{/* Fails with a sentence where the values make no sequencer. */}}
{{- define "metis.checked" -}}
{{- $claims := dict "l2geth" .Values.l2geth.claim "l1dtl" .Values.l1dtl.claim "themis" .Values.themis.claim }}
{{- include "common.distinct" (dict "of" $claims "key" "claim") }}
{{- $ids := dict }}
{{- range $process := list "l2geth" "l1dtl" }}
{{- range $name := list "CHAIN_ID" "NETWORK_ID" "DATA_TRANSPORT_LAYER__L2_CHAIN_ID" }}
{{- with get (get $.Values $process).env $name }}
{{- $_ := set $ids . (printf "%s.env.%s" $process $name) }}
{{- end }}
{{- end }}
{{- end }}
{{- if gt (len $ids) 1 }}
{{- fail (printf "%s: they are of one chain, and have several ids: %s" (values $ids | sortAlpha | join ", ") (keys $ids | sortAlpha | join ", ")) }}
{{- end }}
{{- end }}
