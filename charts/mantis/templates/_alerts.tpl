{{/* The alerts on nodes. One network is in a namespace. */}}
{{- define "mantis.alerts" -}}
{{- $of := printf "{namespace=%q}" .Release.Namespace -}}
- alert: NoNewBlock
  expr: changes(mantis:head{{ $of }}[5m]) == 0 or absent(mantis:head{{ $of }})
  for: 5m
  labels:
    severity: critical
  annotations:
    summary: {{ printf "No new block for ten minutes on {{ with $labels.service }}{{ . }}{{ else }}any node{{ end }} of %s" .Release.Name | quote }}
{{- if gt (len (include "mantis.names" (dict "root" . "roles" (list "miner" "passive")) | fromJsonArray)) 1 }}
- alert: NoPeers
  expr: mantis:peers{{ $of }} == 0
  for: 10m
  labels:
    severity: high
  annotations:
    summary: {{ printf "{{ $labels.service }} of %s has had no peer for ten minutes" .Release.Name | quote }}
{{- end }}
- alert: NoMinedBlock
  expr: mantis:mined_30m{{ $of }} < 1
  for: 30m
  labels:
    severity: high
  annotations:
    summary: {{ printf "{{ $labels.service }} of %s seems to have made no block for an hour: it is behind, or the others do not let it" .Release.Name | quote }}
- alert: RpcErrors
  expr: mantis:rpc_failed_rate{{ $of }} / (mantis:rpc_failed_rate{{ $of }} + mantis:rpc_succeeded_rate{{ $of }}) > 0.1
  for: 10m
  labels:
    severity: high
  annotations:
    summary: {{ printf "{{ $value | humanizePercentage }} of the calls to {{ $labels.service }} of %s fail" .Release.Name | quote }}
{{- end }}

{{/* By kube-state-metrics. A network that never had a backup counts from when it was to have some. */}}
{{- define "mantis.backupAlert" -}}
{{- $of := printf "{namespace=%q, cronjob=\"backup\"}" .Release.Namespace -}}
- alert: BackupLate
  expr: time() - (max(kube_cronjob_status_last_successful_time{{ $of }}) or max(kube_cronjob_created{{ $of }})) > {{ int64 .Values.backup.lateAfter }}
  for: 5m
  labels:
    {{- include "common.alertLabels" (dict "root" .) | nindent 4 }}
    severity: high
  annotations:
    summary: {{ printf "The last backup of %s is {{ $value | humanizeDuration }} old" .Release.Name | quote }}
{{- end }}
