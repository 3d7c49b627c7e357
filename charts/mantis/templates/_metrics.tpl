{{/*
Two clients call the same things by different names: recording rules give them one, and the alerts and the dashboard
(dashboards/mantis.json) go by that. Prometheus gives each series the label `service`, which is a node's name.

By the client: an expression for each name. NODES, MINERS and PASSIVE stand for what selects their series.

core-geth: core/blockchain.go, core/tx_pool.go, p2p/metrics.go and rpc/metrics.go of ethereum/go-ethereum v1.10.26, whose
metrics/prometheus/collector.go gives them their names. It counts the blocks that came from others, and none that it made: where
the head has risen by more, the rest is its own.

mantis: as the dashboards of input-output-hk/mantis-ops @ 587b3ab read input-output-hk/mantis @ dc48423.
*/}}
{{- define "mantis.metrics" -}}
core-geth:
  head: chain_head_block{NODES}
  peers: p2p_peers{NODES}
  pending_transactions: txpool_pending{NODES}
  dropped_30m: increase(chain_reorg_drop{NODES}[30m])
  mined_30m: clamp_min(delta(chain_head_block{MINERS}[30m]) - increase(chain_execution_count{MINERS}[30m]), 0)
  rpc_succeeded_rate: rate(rpc_success{PASSIVE}[5m])
  rpc_failed_rate: rate(rpc_failure{PASSIVE}[5m])
mantis:
  head: app_sync_block_number_gauge{NODES}
  peers: app_network_peers_incoming_handshaked_gauge{NODES} + app_network_peers_outgoing_handshaked_gauge{NODES}
  pending_transactions: app_transactions_pool_size_gauge{NODES}
  checkpoint: app_sync_block_checkpoint_number_gauge{NODES}
  mined_30m: increase(app_sync_block_minedBlocks_counter_total{MINERS}[30m])
  rpc_succeeded_rate: rate(app_json_rpc_methods_success_counter_total{PASSIVE}[5m])
  rpc_failed_rate: rate(app_json_rpc_methods_error_counter_total{PASSIVE}[5m]) + rate(app_json_rpc_methods_exception_counter_total{PASSIVE}[5m])
{{- end }}

{{- define "mantis.recordingRules" -}}
{{- range $name, $expr := index (include "mantis.metrics" . | fromYaml) .Values.client }}
{{- range $stands, $roles := dict "NODES" "miner|passive" "MINERS" "miner" "PASSIVE" "passive" }}
{{- $expr = replace $stands (printf `namespace="%s", service=~"(%s)-[0-9]+"` $.Release.Namespace $roles) $expr }}
{{- end }}
- record: mantis:{{ $name }}
  expr: {{ $expr }}
{{- end }}
{{- end }}
