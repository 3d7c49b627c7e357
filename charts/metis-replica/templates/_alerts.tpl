{{/* Ours. The first two go by kube-state-metrics, and the others by the chain tools: without that image they never fire. */}}
{{- define "replica.alerts" -}}
{{- $set := printf "namespace=%q, statefulset=%q" .Release.Namespace (include "common.fullname" (dict "root" . "component" "replica")) -}}
{{- $service := include "common.fullname" (dict "root" . "component" "replica") -}}
{{- $series := printf "namespace=%q, service=%q" .Release.Namespace $service -}}
- alert: RPCDown
  # A first sync takes days: none that was never ready is down.
  expr: |-
    kube_statefulset_status_replicas_ready{ {{- $set -}} } == 0
      and max_over_time(kube_statefulset_status_replicas_ready{ {{- $set -}} }[1d]) > 0
  for: 2m
  labels:
    severity: critical
  annotations:
    summary: {{ printf "No replica of %s/%s takes calls" .Release.Namespace .Release.Name | quote }}
- alert: ReplicasMissing
  expr: |-
    kube_statefulset_status_replicas_ready{ {{- $set -}} } < kube_statefulset_replicas{ {{- $set -}} }
      and max_over_time(kube_statefulset_status_replicas_ready{ {{- $set -}} }[1d]) >= kube_statefulset_replicas{ {{- $set -}} }
  for: 30m
  labels:
    severity: high
  annotations:
    summary: {{ printf "For half an hour fewer replicas of %s/%s have taken calls than there are" .Release.Namespace .Release.Name | quote }}
{{- if .Values.images.tools }}
- alert: ReplicaBehind
  expr: |-
    nodeyard_head_block_age_seconds{ {{- $series -}} } > {{ .Values.rpc.maxHeadAge }}
      and min_over_time(nodeyard_head_block_age_seconds{ {{- $series -}} }[1d]) <= {{ .Values.rpc.maxHeadAge }}
  for: 15m
  labels:
    severity: high
  annotations:
    summary: {{`"{{ $labels.pod }} was in sync, and its newest block is {{ $value | humanizeDuration }} old"`}}
- alert: ReplicaStuck
  expr: |-
    delta(nodeyard_head_block_number{ {{- $series -}} }[30m]) == 0
      and nodeyard_head_block_age_seconds{ {{- $series -}} } > {{ .Values.rpc.maxHeadAge }}
  for: 30m
  labels:
    severity: high
  annotations:
    summary: {{`"{{ $labels.pod }} has not caught up, and its head has not moved for half an hour"`}}
- alert: ReplicaWithoutPeers
  expr: nodeyard_peers{ {{- $series -}} } == 0
  for: 15m
  labels:
    severity: high
  annotations:
    summary: {{`"{{ $labels.pod }} has had no peer for a quarter of an hour: no block comes"`}}
- alert: ScrapeFails
  expr: up{ {{- $series -}} } == 0
  for: 10m
  labels:
    severity: high
  annotations:
    summary: {{`"Prometheus cannot read {{ $labels.pod }}: no alert on its head can fire until it does"`}}
{{- end }}
{{- end }}
