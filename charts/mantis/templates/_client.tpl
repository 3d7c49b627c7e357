{{/*
The client of one node, in a StatefulSet's pod and in the backup's. Each helper takes root, component (the node's name), role
and node (its values).
*/}}

{{/* What the start script (files/<client>.sh) is told. */}}
{{- define "mantis.clientEnv" -}}
- {name: DATA_DIR, value: /data}
- {name: CONFIG_DIR, value: /config}
- {name: RUN_DIR, value: /run/node}
- {name: HOME, value: /tmp}
- {name: GENESIS_HASH, value: {{ .root.Values.chain.genesisHash | quote }}}
- name: POD_IP
  valueFrom:
    fieldRef:
      fieldPath: status.podIP
{{- with .node.secretFiles }}
- {name: KEY_FILE, value: {{ include "mantis.secrets" . }}/{{ .key }}}
{{- end }}
{{- with .node.address }}
- {name: ADVERTISED, value: {{ .publicAddress | quote }}}
{{- end }}
{{- end }}

{{- define "mantis.clientPorts" -}}
{{- $ports := .root.Values.ports -}}
- {name: p2p, containerPort: {{ $ports.p2p }}}
- {name: discovery, containerPort: {{ $ports.discovery }}, protocol: UDP}
- {name: rpc, containerPort: {{ $ports.rpc }}}
- {name: metrics, containerPort: {{ $ports.metrics }}}
{{- end }}

{{- define "mantis.clientMounts" -}}
# A directory of the disk: what else is on it (lost+found) is not the client's.
- {name: data, mountPath: /data, subPath: node}
- {name: config, mountPath: /config, readOnly: true}
- {name: files, mountPath: /scripts, readOnly: true}
- {name: run, mountPath: /run/node}
- {name: tmp, mountPath: /tmp}
{{- if .node.secretFiles }}
{{ include "common.secretCopyMount" (include "mantis.secrets" .) }}
{{- end }}
{{- end }}

{{/* The volumes of such a pod, but for its disk, `data`. The scripts are called `files`, as common.addressInit has them. */}}
{{- define "mantis.clientVolumes" -}}
- name: config
  projected:
    sources:
      - configMap:
          name: {{ include "common.fullname" (dict "root" .root "component" "chain") }}
      - configMap:
          name: {{ include "common.fullname" (dict "root" .root "component" .component) }}
- name: files
  configMap:
    name: {{ include "common.fullname" (dict "root" .root "component" "scripts") }}
# In memory: the client's keystore and its password are there.
- name: run
  emptyDir: {medium: Memory, sizeLimit: 1Mi}
{{ include "mantis.keyVolumes" . }}
{{- end }}

{{/* The volumes of any pod that may have a key, but for its disk. Takes node. */}}
{{- define "mantis.keyVolumes" -}}
- name: tmp
  emptyDir: {}
{{- with .node.secretProviderClass }}
{{ include "common.secretVolume" . }}
{{ include "common.secretCopyVolume" . }}
{{- end }}
{{- end }}

{{/* Which of its files a pod has: a node whose files changed is replaced when an operator says so (`nodeyard mantis upgrade`). */}}
{{- define "mantis.checksum" -}}
checksum/config: {{ list .node.config .root.Values.chain (include "mantis.scripts" .root) | toJson | sha256sum }}
{{- end }}

{{/* The ConfigMap with a node's own files. */}}
{{- define "mantis.config" -}}
apiVersion: v1
kind: ConfigMap
metadata:
  {{- include "common.metadata" . | nindent 2 }}
data:
  {{- with .node.config.arguments }}
  arguments: |
    {{- join "\n" . | nindent 4 }}
  {{- else }}
  arguments: ""
  {{- end }}
  {{- range $name, $text := .node.config.files }}
  {{ $name }}: |
    {{- $text | trim | nindent 4 }}
  {{- end }}
{{- end }}

{{/* Those of all nodes. What common.addressInit runs is among them. */}}
{{- define "mantis.scripts" -}}
{{- range list "node.sh" (printf "%s.sh" .Values.client) }}
{{ . }}: |
  {{- $.Files.Get (printf "files/%s" .) | required (printf "the chart has no files/%s" .) | nindent 2 }}
{{- end }}
{{- if .Values.public }}
{{ include "common.addressFiles" (dict "root" .) }}
{{- end }}
{{- end }}

{{/*
A node is alive while it takes connections of peers, however few there are: no restart brings a peer. The first ones it takes
when it has opened its data and made its DAG (ethash's table of a GiB and more), for which it has a quarter of an hour, as
upstream gives it (jobs/mantis.cue of input-output-hk/mantis-ops @ 587b3ab).
*/}}
{{- define "mantis.probes" -}}
startupProbe:
  tcpSocket: {port: p2p}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 90
livenessProbe:
  tcpSocket: {port: p2p}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 12
readinessProbe:
  {{- if and (eq .role "miner") (eq .root.Values.client "core-geth") }}
  # It answers no RPC over the network.
  tcpSocket: {port: p2p}
  {{- else }}
  httpGet:
    path: {{ index (dict "core-geth" "/" "mantis" "/healthcheck") .root.Values.client }}
    port: rpc
    {{- if include "mantis.hostNetwork" . }}
    # No policy would keep anybody from the RPC API there, so it listens here alone.
    host: 127.0.0.1
    {{- end }}
  {{- end }}
  periodSeconds: 10
  timeoutSeconds: 3
  failureThreshold: 3
{{- end }}

{{/*
The init container that begins an empty disk with the latest backup. A pod on its machine's network has no identity of its own
where another pod has to claim its address (common.addressClaimant), so that it may read no bucket: it begins with the network.
*/}}
{{- define "mantis.restore" -}}
{{- $blind := and (include "mantis.hostNetwork" .) (eq .root.Values.addressClaim.way "claimant") -}}
{{- if and .root.Values.store.autoRestore (not $blind) -}}
- name: restore
  image: {{ .root.Values.images.tools }}
  args: [restore]
  env:
    {{- include "mantis.toolsEnv" . | nindent 4 }}
  {{- include "mantis.toolsContainer" . | nindent 2 }}
{{- end }}
{{- end }}

{{/* What services/chain_tools is told of the network, the disk and the bucket. */}}
{{- define "mantis.toolsEnv" -}}
- {name: STORE_URL, value: {{ .root.Values.store.url | quote }}}
- {name: NETWORK, value: {{ .root.Release.Name }}}
- {name: GENESIS_HASH, value: {{ .root.Values.chain.genesisHash | quote }}}
- {name: DATA_DIR, value: /data}
- {name: HOME, value: /tmp}
{{- end }}

{{- define "mantis.toolsContainer" -}}
securityContext:
  {{- include "common.securityContext" (include "mantis.user" .) | nindent 2 }}
resources:
  {{- toYaml .root.Values.resources.tools | nindent 2 }}
volumeMounts:
  - {name: data, mountPath: /data, subPath: node}
  - {name: tmp, mountPath: /tmp}
{{- end }}
