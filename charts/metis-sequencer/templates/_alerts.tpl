{{/* Which series are this release's exporters'. */}}
{{- define "metis.series" -}}
namespace={{ .Release.Namespace | quote }}, service={{ include "common.fullname" (dict "root" . "component" "exporter") | quote }}
{{- end }}

{{/* The release's pods, and its claims, as regular expressions. */}}
{{- define "metis.pods" -}}
{{ .Release.Name }}-(l2geth|l1dtl|themis|exporter)-0
{{- end }}
{{- define "metis.claims" -}}
{{ list .Values.l2geth.claim .Values.l1dtl.claim .Values.themis.claim | join "|" }}
{{- end }}

{{/*
Upstream's three alerts: metis-devops/metis-sequencer-exporter prometheus-rules.yml @ 1c3a5a9. Its expressions, limited to
this release's exporter; its summaries named a label that does not exist.
*/}}
{{- define "metis.upstreamAlerts" -}}
{{- $series := include "metis.series" . -}}
- alert: ChainStalled
  expr: increase(metis:sequencer:height{ {{- $series -}} }[2m]) == 0
  labels:
    severity: critical
  annotations:
    summary: {{`"{{ $labels.svc_name }} of {{ $labels.seq_name }} has had no new block for two minutes"`}}
- alert: MPCAddressBalanceInsufficient
  expr: metis:sequencer:wallet:balance{ {{- $series }}, chain="metis", alias="CommonMpcAddr"} < 3
  labels:
    severity: high
  annotations:
    summary: {{`"The MPC address {{ $labels.addr }} holds {{ $value }} METIS, less than 3"`}}
- alert: ScrapeFailures
  expr: increase(metis_sequencer_exporter_failures{ {{- $series -}} }[1m]) > 2
  for: 3m
  labels:
    severity: high
  annotations:
    summary: {{`"The exporter cannot read {{ $labels.svc_name }}: its log says why"`}}
{{- end }}

{{/*
Ours. ExporterAway goes by Prometheus itself, L1BalanceLow by upstream's exporter, and the others by the chain tools': without
that image they never fire. A gate
that was never open is a first sync, which takes days: then only a head that stands still is worth a word.
*/}}
{{- define "metis.chainAlerts" -}}
{{- $series := include "metis.series" . -}}
- alert: ExporterAway
  expr: up{ {{- $series -}} } == 0 or absent(up{ {{- $series -}} })
  for: 5m
  labels:
    severity: critical
  annotations:
    summary: {{`"Prometheus cannot read {{ $labels.service }}: no other alert on the chain can fire until it does"`}}
- alert: L1BalanceLow
  expr: metis:sequencer:wallet:balance{ {{- $series }}, chain="eth", alias="sequencer"} < {{ .Values.monitoring.l1BalanceAlert }}
  for: 10m
  labels:
    severity: high
  annotations:
    summary: {{`"The sequencer's account {{ $labels.addr }} holds {{ $value }} ETH on L1"`}}
- alert: SyncGateStuck
  expr: |-
    nodeyard_syncing{ {{- $series -}} } == 1
      and on (namespace, service, probe) delta(nodeyard_head_block_number{ {{- $series -}} }[30m]) == 0
  for: 30m
  labels:
    severity: high
  annotations:
    summary: {{`"{{ $labels.probe }} has not caught up, and its head has not moved for half an hour"`}}
- alert: SyncLost
  expr: nodeyard_syncing{ {{- $series -}} } == 1 and min_over_time(nodeyard_syncing{ {{- $series -}} }[1d]) == 0
  for: 15m
  labels:
    severity: high
  annotations:
    summary: {{`"{{ $labels.probe }} was in sync, and has been catching up for a quarter of an hour"`}}
- alert: BridgeWaits
  expr: |-
    nodeyard_probe_success{ {{- $series }}, probe="bridge"} == 0
      and on (namespace, service) nodeyard_syncing{ {{- $series }}, probe="themis"} == 0
  for: 15m
  labels:
    severity: high
  annotations:
    summary: The bridge does not answer, though themis is in sync
- alert: BlocksMissed
  expr: |-
    increase(nodeyard_missed_blocks_total{ {{- $series -}} }[15m])
      / (increase(nodeyard_missed_blocks_total{ {{- $series -}} }[15m]) + increase(nodeyard_signed_blocks_total{ {{- $series -}} }[15m]))
      > 0.1
  for: 5m
  labels:
    severity: critical
  annotations:
    summary: {{`"{{ $labels.probe }} has not signed {{ $value | humanizePercentage }} of the blocks of a quarter of an hour: downtime is slashable"`}}
{{- end }}
