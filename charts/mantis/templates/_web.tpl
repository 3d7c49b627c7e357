{{/* What an image of the user's is told of the network. */}}
{{- define "mantis.networkEnv" -}}
- {name: NETWORK, value: {{ .Release.Name }}}
- {name: CHAIN_ID, value: {{ int64 .Values.chain.id | quote }}}
- {name: RPC_URL, value: {{ include "mantis.rpcUrl" . | quote }}}
{{- end }}

{{/*
A web application in front of the passive nodes: its Deployment, Service, account and Ingress. Takes root, component (explorer
or faucet) and web (its values). One with a key has a disk, too, on which it remembers whom it gave how much.
*/}}
{{- define "mantis.web" -}}
{{- $values := .root.Values -}}
{{- $key := .web.secretFiles -}}
{{ include "common.serviceAccount" (merge (dict "annotations" .web.accountAnnotations) .) }}
---
apiVersion: v1
kind: Service
metadata:
  {{- include "common.ownMetadata" . | nindent 2 }}
  {{- with (.web.ingress | default dict).serviceAnnotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  selector:
    {{- include "common.selectorLabels" . | nindent 4 }}
  ports:
    - {name: http, port: {{ .web.port }}, targetPort: http}
{{- with .web.ingress }}
---
{{ include "common.ingress" (merge (dict "ingress" . "service" $.component "port" "http") $) }}
{{- end }}
{{- if $key }}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  {{- include "common.metadata" . | nindent 2 }}
spec:
  {{- include "mantis.claim" (dict "root" .root "disk" .component) | nindent 2 }}
{{- end }}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  {{- include "common.ownMetadata" . | nindent 2 }}
spec:
  replicas: 1
  {{- if $key }}
  # Its disk is attached to one machine, and two would give twice.
  strategy:
    type: Recreate
  {{- end }}
  selector:
    matchLabels:
      {{- include "common.selectorLabels" . | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "common.selectorLabels" . | nindent 8 }}
        nodeyard.io/role: {{ .component }}
        {{- with .web.podLabels }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    spec:
      {{- include "common.podSpec" (merge (dict "fsGroup" (include "mantis.user" . | int)) .) | nindent 6 }}
      {{- include "common.placement" .web.placement | nindent 6 }}
      {{- if $key }}
      initContainers:
        {{- include "common.secretCopy" (dict "root" .root "image" $values.images.client "files" (list $key.key) "at" (include "mantis.secrets" .)) | nindent 8 }}
      {{- end }}
      containers:
        - name: {{ .component }}
          image: {{ index $values.images .component }}
          env:
            {{- include "mantis.networkEnv" .root | nindent 12 }}
            - {name: PORT, value: {{ .web.port | quote }}}
            {{- if $key }}
            - {name: KEY_FILE, value: {{ include "mantis.secrets" . }}/{{ $key.key }}}
            - {name: DATA_DIR, value: /data}
            - {name: AMOUNT, value: {{ .web.amount | quote }}}
            - {name: PER_ADDRESS, value: {{ .web.perAddress | quote }}}
            {{- end }}
            - {name: HOME, value: /tmp}
            {{- include "common.env" .web.environment | nindent 12 }}
          ports:
            - {name: http, containerPort: {{ .web.port }}}
          readinessProbe:
            tcpSocket: {port: http}
            periodSeconds: 10
          livenessProbe:
            tcpSocket: {port: http}
            periodSeconds: 10
            failureThreshold: 30
          securityContext:
            {{- include "common.securityContext" (include "mantis.user" .) | nindent 12 }}
          resources:
            {{- toYaml (index $values.resources .component) | nindent 12 }}
          volumeMounts:
            - {name: tmp, mountPath: /tmp}
            {{- if $key }}
            - {name: data, mountPath: /data, subPath: faucet}
            {{- include "common.secretCopyMount" (include "mantis.secrets" .) | nindent 12 }}
            {{- end }}
      volumes:
        {{- if $key }}
        - name: data
          persistentVolumeClaim:
            claimName: {{ include "common.fullname" . }}
        {{- end }}
        {{- include "mantis.keyVolumes" (dict "node" .web) | nindent 8 }}
{{- end }}
