{{/*
One node: a StatefulSet of one pod, with its Service, its files and the account, and what gives it its address. Takes root,
component (the node's name), role and node (its values).
*/}}
{{- define "mantis.node" -}}
{{- if ne .role "passive" }}
---
{{ include "common.serviceAccount" (merge (dict "annotations" .node.accountAnnotations) .) }}
{{- end }}
{{- if ne .role "obft" }}
---
{{ include "mantis.config" . }}
{{- end }}
---
{{ include "mantis.service" . }}
---
{{ include "mantis.statefulSet" . }}
{{- if .node.address }}
{{ include "common.addressObjects" (include "mantis.addressed" . | fromYaml | merge (dict "root" .root)) }}
{{- end }}
{{- end }}

{{/* What common.addressInit and common.addressObjects take besides root. */}}
{{- define "mantis.addressed" -}}
component: {{ .component }}
publicAddress: {{ .node.address.publicAddress | quote }}
addressId: {{ .node.address.addressId | quote }}
placement:
  {{- .node.placement | default dict | toYaml | nindent 2 }}
ports:
  - {name: p2p, port: {{ .root.Values.ports.p2p }}, protocol: TCP}
  - {name: discovery, port: {{ .root.Values.ports.discovery }}, protocol: UDP}
{{- end }}

{{/*
Peers dial a node by this name whether the node is ready or not: it is they who make a node ready. It has a cluster address and
is not headless: a node looks a peer's name up once, and dials what it found then for as long as it lives.
*/}}
{{- define "mantis.service" -}}
apiVersion: v1
kind: Service
metadata:
  {{- include "common.ownMetadata" . | nindent 2 }}
    nodeyard.io/role: {{ .role }}
spec:
  publishNotReadyAddresses: true
  selector:
    {{- include "common.selectorLabels" . | nindent 4 }}
  ports:
    {{- range $name := get (dict "miner" (list "p2p" "discovery" "metrics") "passive" (list "p2p" "discovery" "rpc" "metrics") "obft" (list "p2p" "metrics")) .role }}
    - name: {{ $name }}
      port: {{ index $.root.Values.ports $name }}
      protocol: {{ eq $name "discovery" | ternary "UDP" "TCP" }}
      targetPort: {{ $name }}
    {{- end }}
{{- end }}

{{- define "mantis.statefulSet" -}}
{{- $values := .root.Values -}}
{{- $obft := eq .role "obft" -}}
apiVersion: apps/v1
kind: StatefulSet
metadata:
  {{- include "common.ownMetadata" . | nindent 2 }}
spec:
  # A node's key may be in use once.
  replicas: 1
  # A pod runs on while its template changes: operators replace one after the other (`nodeyard mantis upgrade`).
  updateStrategy:
    type: OnDelete
  serviceName: {{ .component }}
  selector:
    matchLabels:
      {{- include "common.selectorLabels" . | nindent 6 }}
  # A node that comes again finds its disk. Without the claim a class that retains disks would keep this one, to be paid
  # for and used by nobody, and make another.
  persistentVolumeClaimRetentionPolicy:
    whenScaled: Retain
    whenDeleted: Retain
  volumeClaimTemplates:
    - metadata:
        name: data
      spec:
        {{- include "mantis.claim" (dict "root" .root "disk" .role) | nindent 8 }}
  template:
    metadata:
      labels:
        {{- include "common.selectorLabels" . | nindent 8 }}
        nodeyard.io/role: {{ .role }}
        {{- with (eq .role "passive" | ternary $values.passive .node).podLabels }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      {{- if not $obft }}
      annotations:
        {{- include "mantis.checksum" . | nindent 8 }}
        # The start script begins with no chain data where this file is, and removes the file.
        nodeyard.io/clean-start: /data/clean-start
      {{- end }}
    spec:
      {{- include "common.podSpec" (dict "root" .root "component" (include "mantis.account" .) "fsGroup" (include "mantis.user" . | int)) | nindent 6 }}
      {{- if include "mantis.hostNetwork" . }}
      # Peers dial the machine's own static address.
      hostNetwork: true
      dnsPolicy: ClusterFirstWithHostNet
      {{- end }}
      terminationGracePeriodSeconds: {{ $values.grace }}
      {{- include "common.placement" .node.placement | nindent 6 }}
      {{- if not $obft }}
      affinity:
        podAntiAffinity:
          # One node on a machine: two would share its disk's and its processors' time.
          requiredDuringSchedulingIgnoredDuringExecution:
            - topologyKey: kubernetes.io/hostname
              labelSelector:
                {{- include "mantis.podsOf" (dict "root" .root "roles" (list "miner" "passive")) | nindent 16 }}
      {{- end }}
      {{- with include "mantis.initContainers" . | trim }}
      initContainers:
        {{- . | nindent 8 }}
      {{- end }}
      containers:
        {{- include ($obft | ternary "mantis.checkpointer" "mantis.client") . | nindent 8 }}
      volumes:
        {{- include ($obft | ternary "mantis.keyVolumes" "mantis.clientVolumes") . | nindent 8 }}
{{- end }}

{{/* Whose account the pod has: passive nodes share one. */}}
{{- define "mantis.account" -}}
{{- eq .role "passive" | ternary "passive" .component -}}
{{- end }}

{{- define "mantis.initContainers" -}}
{{- if .node.address }}
{{ include "common.addressInit" (include "mantis.addressed" . | fromYaml | merge (dict "root" .root)) }}
{{- end }}
{{- with .node.secretFiles }}
{{ include "common.secretCopy" (dict "root" $.root "image" $.root.Values.images.client "files" (list .key) "at" (include "mantis.secrets" $)) }}
{{- end }}
{{- if ne .role "obft" }}
{{ include "mantis.restore" . }}
{{- end }}
{{- end }}

{{- define "mantis.client" -}}
- name: node
  image: {{ .root.Values.images.client }}
  command: [/bin/sh, /scripts/{{ .root.Values.client }}.sh]
  env:
    {{- include "mantis.clientEnv" . | nindent 4 }}
  ports:
    {{- include "mantis.clientPorts" . | nindent 4 }}
  {{- include "mantis.probes" . | nindent 2 }}
  securityContext:
    {{- include "common.securityContext" (include "mantis.user" .) | nindent 4 }}
  resources:
    {{- toYaml (index .root.Values.resources .role) | nindent 4 }}
  volumeMounts:
    {{- include "mantis.clientMounts" . | nindent 4 }}
{{- end }}

{{/* A checkpoint node, whose image is the user's: it is told where its key, its disk and the passive nodes are. */}}
{{- define "mantis.checkpointer" -}}
- name: node
  image: {{ .root.Values.images.obft }}
  env:
    - {name: TASK, value: {{ .component }}}
    - {name: DATA_DIR, value: /data}
    - {name: HOME, value: /tmp}
    - {name: KEY_FILE, value: {{ include "mantis.secrets" . }}/{{ .node.secretFiles.key }}}
    {{- include "mantis.networkEnv" .root | nindent 4 }}
  ports:
    - {name: p2p, containerPort: {{ .root.Values.ports.p2p }}}
    - {name: metrics, containerPort: {{ .root.Values.ports.metrics }}}
  securityContext:
    {{- include "common.securityContext" (include "mantis.user" .) | nindent 4 }}
  resources:
    {{- toYaml .root.Values.resources.obft | nindent 4 }}
  volumeMounts:
    - {name: data, mountPath: /data, subPath: node}
    - {name: tmp, mountPath: /tmp}
    {{- include "common.secretCopyMount" (include "mantis.secrets" .) | nindent 4 }}
{{- end }}
