{{/* The parts of a Metis release find each other by these addresses. */}}
{{- define "metis.l2gethUrl" -}}
http://{{ include "common.host" (dict "root" . "component" "l2geth") }}:{{ .Values.l2geth.ports.http }}
{{- end }}
{{- define "metis.l1dtlUrl" -}}
http://{{ include "common.host" (dict "root" . "component" "l1dtl") }}:{{ .Values.l1dtl.ports.http }}
{{- end }}

{{/* The files of l2geth's ConfigMap. */}}
{{- define "metis.l2gethFiles" -}}
{{- with include "common.addressFiles" . }}
{{- . }}
{{ end -}}
l2geth-alive.sh: |
  {{- include "metis.script" (dict "root" .root "file" "l2geth-alive.sh") | nindent 2 }}
{{- end }}

{{/*
The head of every StatefulSet. Each is a thing that may exist once: one replica and no way to ask for more, a claim made
outside, and no surge by construction (a StatefulSet deletes its pod before it makes the next one).
Parallel, because the default (OrderedReady) never replaces a pod that is not ready: a node is not ready for days while it
syncs, and a pod whose init container waits for a word in the config must be replaced when the word comes. With one
replica it allows nothing else.
*/}}
{{- define "metis.singleton" -}}
{{- if gt (len .root.Release.Name) 44 }}
{{- fail "the release's name is longer than 44 characters: Kubernetes labels a StatefulSet's pods with its name and a hash, in 63" }}
{{- end -}}
replicas: 1
podManagementPolicy: Parallel
updateStrategy:
  type: RollingUpdate
serviceName: {{ include "common.fullname" . }}
selector:
  matchLabels:
    {{- include "common.selectorLabels" . | nindent 4 }}
{{- end }}

{{/*
Without a cluster address, and with pods that are not ready: each has one pod and fixed consumers. Readiness says what
people should know; it must not cut bridge off from an l2geth whose chain stalls, since bridge is what gets it going. `more` has
more ports by name.
*/}}
{{- define "metis.service" -}}
apiVersion: v1
kind: Service
metadata:
  {{- include "common.metadata" . | nindent 2 }}
spec:
  clusterIP: None
  publishNotReadyAddresses: true
  selector:
    {{- include "common.selectorLabels" . | nindent 4 }}
  ports:
    - name: {{ .portName }}
      port: {{ .port }}
      targetPort: {{ .portName }}
    {{- range $name, $port := .more }}
    - name: {{ $name }}
      port: {{ $port }}
      targetPort: {{ $name }}
    {{- end }}
{{- end }}

{{/* l2geth's own probes. */}}
{{- define "metis.l2gethProbes" -}}
# It has not answered for two minutes, or stands still.
livenessProbe:
  exec:
    # Seconds, to which come the two minutes for which it has to fail; and restarts an hour.
    command: [sh, /scripts/l2geth-alive.sh, "180", "3"]
  periodSeconds: 15
  timeoutSeconds: 15
  failureThreshold: 8
# Upstream's own check, as its compose file calls it: the head moves, and so do waiting transactions.
readinessProbe:
  exec:
    command: [is-l2geth-stalled, -txpool]
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 3
{{- end }}

{{- define "metis.nodeAddress" -}}
- name: NODE_ADDRESS
  valueFrom:
    fieldRef:
      fieldPath: status.hostIP
{{- end }}

{{/* Takes l2geth's values. */}}
{{- define "metis.p2pPorts" -}}
- {name: p2p-tcp, containerPort: {{ .ports.p2pTcp }}}
- {name: p2p-udp, containerPort: {{ .ports.p2pUdp }}, protocol: UDP}
{{- end }}
