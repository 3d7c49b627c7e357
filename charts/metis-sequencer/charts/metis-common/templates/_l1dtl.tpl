{{/*
The container of l1dtl. Takes root, values, which are those of l1dtl, secret (its name and keys), data (the volume with its
data), readiness (whether it is ready only while it reaches L1) and sidecar (whether l2geth runs in the same pod, after it).
*/}}
{{- define "metis.l1dtl" -}}
{{- $values := .values -}}
- name: l1dtl
  image: {{ .root.Values.images.l1dtl }}
  {{- if .sidecar }}
  # An init container that stays: it is there before l2geth, and after.
  restartPolicy: Always
  {{- end }}
  env:
    # All of the pod's own network; the NetworkPolicy says who may come in.
    - name: DATA_TRANSPORT_LAYER__SERVER_HOSTNAME
      value: 0.0.0.0
    - name: DATA_TRANSPORT_LAYER__SERVER_PORT
      value: {{ $values.ports.http | quote }}
    - name: DATA_TRANSPORT_LAYER__DB_PATH
      value: /data/db
    {{- include "common.secretEnv" (dict "name" "DATA_TRANSPORT_LAYER__L1_RPC_ENDPOINT" "secret" .secret.name "key" .secret.keys.l1RpcEndpoint) | nindent 4 }}
    {{- include "common.secretEnv" (dict "name" "DATA_TRANSPORT_LAYER__L1_BEACON_ENDPOINT" "secret" .secret.name "key" .secret.keys.l1BeaconEndpoint) | nindent 4 }}
    {{- include "common.env" $values.env | nindent 4 }}
  ports:
    - {name: {{ .port | default "http" }}, containerPort: {{ $values.ports.http }}}
  startupProbe:
    tcpSocket: {port: {{ .port | default "http" }}}
    {{- include "metis.startup" . | nindent 4 }}
  livenessProbe:
    tcpSocket: {port: {{ .port | default "http" }}}
    {{- include "metis.liveness" . | nindent 4 }}
  {{- if .readiness }}
  # Upstream's own check. Every try asks the L1 endpoint twice, so it is not asked every 5 s as upstream does.
  readinessProbe:
    httpGet: {path: /eth/context/latest, port: {{ .port | default "http" }}}
    periodSeconds: 15
    timeoutSeconds: 5
    failureThreshold: 4
  {{- end }}
  # The image runs as root, and so do the files on the volumes that upstream publishes as snapshots.
  securityContext:
    {{- include "common.securityContext" "root" | nindent 4 }}
  resources:
    {{- toYaml $values.resources | nindent 4 }}
  volumeMounts:
    - {name: {{ .data }}, mountPath: /data}
    - {name: tmp, mountPath: /tmp}
    - {name: secrets, mountPath: /run/secrets/l1dtl, readOnly: true}
{{- end }}
