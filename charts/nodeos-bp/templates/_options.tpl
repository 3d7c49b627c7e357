{{/*
The manager's command line (services/nodeos_manager/options.py). Takes root, component, kind and node. A node is an API node
to its manager unless it may produce: then it takes no part in who has the right to.
*/}}
{{- define "nodeos.options" -}}
{{- $values := .root.Values -}}
- --nodeos-path={{ $values.nodeosPath }}
- --flavour={{ $values.chain.flavour }}
- --config-dir=/etc/nodeos
- --run-dir=/run/nodeos
- --data-dir=/nodeos-data
{{- with .node.volumeId }}
- --disk-id={{ . }}
{{- end }}
{{- with $values.chain.id }}
- --chain-id={{ . }}
{{- end }}
# nodeos' own APIs ask for no password: loopback only.
- --api-addr=http://127.0.0.1:{{ $values.ports.http }}
- --manager-api-port={{ $values.ports.manager }}
- --proxy-port={{ $values.ports.proxy }}
- --metrics-port={{ $values.ports.metrics }}
- --token-file={{ include "nodeos.secrets" . }}/{{ .node.secretFiles.token }}
- --readiness-max-latency={{ $values.production.readinessMaxLatency }}
# Less than the pod's grace by the pause before the stop, and ten seconds more.
- --stop-wait={{ sub $values.grace 30 }}
- --stop-pause=20
{{ include "nodeos.peerOptions" . }}
{{- include "nodeos.storeOptions" . }}
{{- if and (eq .kind "bp") (include "nodeos.mayProduce" .node) }}
{{ include "nodeos.producerOptions" . }}
{{- end }}
{{- end }}

{{/* All ordinals are peers of each other: a standby has its blocks from the producer. API nodes dial the ordinals. */}}
{{- define "nodeos.peerOptions" -}}
{{- $own := .component -}}
{{- $port := .root.Values.ports.p2p -}}
{{- range $name := keys .root.Values.ordinals | sortAlpha }}
{{- if ne $name $own }}
- --peer={{ $name }}:{{ $port }}
{{- end }}
{{- end }}
{{- range .root.Values.peers }}
- --peer={{ . }}
{{- end }}
{{- end }}

{{/* Helm reads numbers as floats: a period must not become 1.2e+07. */}}
{{- define "nodeos.storeOptions" -}}
{{- $store := .root.Values.store }}
{{- if $store.url }}
- --store-url={{ $store.url }}
- --auto-restore={{ $store.autoRestore }}
{{- if eq .kind "bp" }}
- --auto-snapshot-period={{ int64 $store.snapshots.period }}
- --auto-snapshot-modulo={{ int64 $store.snapshots.modulo }}
- --number-of-snapshots-to-keep={{ int64 $store.snapshots.keep }}
- --auto-backup-period={{ int64 $store.backups.period }}
- --auto-backup-modulo={{ int64 $store.backups.modulo }}
- --number-of-backups-to-keep={{ int64 $store.backups.keep }}
{{- end }}
{{- end }}
{{- end }}

{{- define "nodeos.producerOptions" -}}
{{- $own := .component -}}
{{- $values := .root.Values -}}
{{- $production := $values.production -}}
{{- $secrets := include "nodeos.secrets" . -}}
- --bp-mode
- --lease={{ $production.lease }}
- --failover={{ $production.failover }}
{{- range $production.producers }}
- --producer={{ . }}
{{- end }}
{{- if eq $own $production.active }}
- --first
{{- end }}
{{- range include "nodeos.producers" .root | fromJsonArray }}
{{- if ne . $own }}
- --fellow={{ . }}=http://{{ . }}:{{ $values.ports.manager }}
{{- end }}
{{- end }}
{{- with .node.secretFiles.signatureProviders }}
- --signature-provider-file={{ $secrets }}/{{ . }}
{{- end }}
{{- with $values.signerUrl }}
- --signer-url={{ . }}
{{- end }}
{{- with .node.secretFiles.finalizerKey }}
- --finalizer-key-file={{ $secrets }}/{{ . }}
{{- end }}
{{- end }}
