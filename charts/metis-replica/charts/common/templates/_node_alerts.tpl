{{/* Kubernetes starts a container again that ended, or that its liveness gave up. Takes root, pods as below, and `of`, whose
pods these are, where their names do not tell. */}}
{{- define "common.restartAlert" -}}
- alert: ContainerRestarted
  expr: increase(kube_pod_container_status_restarts_total{namespace={{ .root.Release.Namespace | quote }}, pod=~{{ .pods | quote }}}[15m]) > 0
  labels:
    severity: high
  annotations:
    summary: {{ printf "{{ $labels.container }} of {{ $labels.pod }}%s was started again: the pod's events and the end of its last log say why" (empty .of | ternary "" (printf ", %s," .of)) | quote }}
{{- end }}

{{/*
What may befall any release's machines and disks: alerts by kube-state-metrics and the kubelet. Takes root, and the release's
pods and claims as regular expressions; without claims there is no alert about disks.
*/}}
{{- define "common.nodeAlerts" -}}
{{- $pods := printf "namespace=%q, pod=~%q" .root.Release.Namespace .pods -}}
- alert: NodeAway
  expr: |-
    max by (node) (kube_node_status_condition{condition="Ready", status="true"}) == 0
      and on (node) max by (node) (kube_pod_info{ {{- $pods -}} })
  for: 5m
  labels:
    {{- include "common.alertLabels" . | nindent 4 }}
    severity: critical
  annotations:
    summary: {{ printf "The node {{ $labels.node }}, which has pods of %s/%s, is not ready" .root.Release.Namespace .root.Release.Name | quote }}
- alert: PodWithoutNode
  expr: kube_pod_status_scheduled{condition="false", {{ $pods -}} } == 1
  for: 15m
  labels:
    severity: critical
  annotations:
    summary: {{`"{{ $labels.pod }} has had no node for a quarter of an hour: its own is gone, or full"`}}
{{- with .claims }}
{{- $claims := printf "namespace=%q, persistentvolumeclaim=~%q" $.root.Release.Namespace . }}
- alert: DiskFillsUp
  expr: |-
    (
      predict_linear(kubelet_volume_stats_available_bytes{ {{- $claims -}} }[6h], 3 * 86400) < 0
      and kubelet_volume_stats_available_bytes{ {{- $claims -}} } / kubelet_volume_stats_capacity_bytes{ {{- $claims -}} } < 0.3
    )
    or kubelet_volume_stats_available_bytes{ {{- $claims -}} } / kubelet_volume_stats_capacity_bytes{ {{- $claims -}} } < 0.05
  for: 1h
  labels:
    severity: high
  annotations:
    summary: {{`"The disk of {{ $labels.persistentvolumeclaim }} will be full within three days, or nearly is"`}}
{{- end }}
{{- end }}
