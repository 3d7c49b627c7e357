{{/*
The alerts. The metrics are the manager's (services/nodeos_manager/plugins/metrics.py), but for ManagerRestarts, which goes by
kube-state-metrics, and for the common ones of machines and disks. Prometheus gives them the label `service`, which is a node's name.
*/}}

{{/* Which series are this release's: those of all nodes, or those of the ordinals that may produce. */}}
{{- define "nodeos.series" -}}
namespace={{ .Release.Namespace | quote }}, service=~"{{ include "nodeos.names" . | fromJsonArray | join "|" }}"
{{- end }}
{{- define "nodeos.producerSeries" -}}
namespace={{ .Release.Namespace | quote }}, service=~"{{ include "nodeos.producers" . | fromJsonArray | join "|" }}"
{{- end }}

{{/* Its pods and its claims, as regular expressions. */}}
{{- define "nodeos.pods" -}}
({{ include "nodeos.names" . | fromJsonArray | join "|" }})-0
{{- end }}
{{- define "nodeos.claims" -}}
{{- $claims := list }}
{{- range merge (dict) .Values.ordinals .Values.apiNodes }}
{{- $claims = append $claims .claim }}
{{- end }}
{{- $claims | sortAlpha | join "|" }}
{{- end }}

{{/* nodeos_paused is 0 where a node may make blocks. A switch shows both at once until each was asked anew, or neither. */}}
{{- define "nodeos.productionAlerts" -}}
{{- $producers := include "nodeos.producerSeries" . -}}
{{- $release := printf "%s/%s" .Release.Namespace .Release.Name -}}
- alert: SeveralProducers
  expr: count(nodeos_paused{ {{- $producers -}} } == 0) > 1
  for: 30s
  labels:
    {{- include "common.alertLabels" (dict "root" .) | nindent 4 }}
    severity: critical
  annotations:
    summary: {{ printf "{{ $value }} ordinals of %s may produce: two of them sign blocks for the same slots" $release | quote }}
- alert: NoProducer
  expr: (count(nodeos_paused{ {{- $producers -}} } == 0) or vector(0)) < 1
  for: 1m
  labels:
    {{- include "common.alertLabels" (dict "root" .) | nindent 4 }}
    severity: critical
  annotations:
    summary: No ordinal of {{ $release }} produces, or none says so
- alert: BlocksMissed
  expr: increase(nodeos_missed_blocks_total{ {{- $producers -}} }[15m]) > 0 and on (namespace, service) nodeos_right_held{ {{- $producers -}} } == 1
  labels:
    severity: high
  annotations:
    summary: {{ `"Slots of ours passed without a block while {{ $labels.service }} had the right to produce"` }}
{{- end }}

{{- define "nodeos.nodeAlerts" -}}
{{- $nodes := include "nodeos.series" . -}}
- alert: HeadLags
  expr: nodeos_head_block_age_seconds{ {{- $nodes -}} } > 30
  for: 2m
  labels:
    severity: high
  annotations:
    summary: {{ `"The newest block of {{ $labels.service }} is {{ $value | humanizeDuration }} old"` }}
- alert: DatabaseNearlyFull
  expr: 1 - nodeos_database_free_bytes{ {{- $nodes -}} } / nodeos_database_size_bytes{ {{- $nodes -}} } > {{ .Values.monitoring.databaseAlert }}
  for: 5m
  labels:
    severity: critical
  annotations:
    summary: {{ `"The database of {{ $labels.service }} is {{ $value | humanizePercentage }} full: raise chain-state-db-size-mb, for nodeos ends when nothing is free"` }}
- alert: DiskNearlyFull
  expr: nodeos_disk_free_bytes{ {{- $nodes -}} } / nodeos_disk_size_bytes{ {{- $nodes -}} } < 0.1
  for: 5m
  labels:
    severity: high
  annotations:
    summary: {{ `"The disk of {{ $labels.service }} has {{ $value | humanizePercentage }} left"` }}
- alert: NodeRestarts
  expr: increase(nodeos_restarts_total{ {{- $nodes -}} }[30m]) > 2
  labels:
    severity: high
  annotations:
    summary: {{ `"nodeos on {{ $labels.service }} was started anew more than twice in half an hour: the last lines of its log say why"` }}
- alert: ManagerRestarts
  expr: increase(kube_pod_container_status_restarts_total{namespace={{ .Release.Namespace | quote }}, pod=~"{{ include "nodeos.pods" . }}"}[30m]) > 1
  labels:
    severity: high
  annotations:
    summary: {{ `"{{ $labels.pod }} was started again more than once in half an hour: its manager ended or hung"` }}
- alert: NodeStandsStill
  expr: nodeos_state{ {{- $nodes -}} , state=~"crash loop|unusable"} == 1
  for: 1m
  labels:
    severity: critical
  annotations:
    summary: {{ `"nodeos on {{ $labels.service }} does not start again by itself: {{ $labels.state }}"` }}
- alert: ReloadPending
  expr: nodeos_reload_pending{ {{- $nodes -}} } == 1
  for: 6h
  labels:
    severity: warning
  annotations:
    summary: {{ `"{{ $labels.service }} runs with another configuration than the one that is mounted: reload it"` }}
- alert: ScrapeFails
  expr: up{ {{- $nodes -}} } == 0
  for: 2m
  labels:
    severity: high
  annotations:
    summary: {{ `"Prometheus cannot read {{ $labels.service }}: its pod, its manager or its policy"` }}
{{- end }}

{{/* The newest in the bucket, whichever ordinal sees it. Takes root, kind (snapshot or backup) and age, in seconds. */}}
{{- define "nodeos.copyAlert" -}}
- alert: {{ title .kind }}TooOld
  expr: (min(nodeos_{{ .kind }}_age_seconds{ {{- include "nodeos.series" .root -}} }) or vector(Inf)) > {{ int64 .age }}
  for: 1h
  labels:
    {{- include "common.alertLabels" . | nindent 4 }}
    severity: high
  annotations:
    summary: {{ printf "The newest %s of %s/%s is {{ $value | humanizeDuration }} old" .kind .root.Release.Namespace .root.Release.Name | quote }}
{{- end }}
