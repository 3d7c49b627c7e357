{{/*
l2geth. Each helper takes a dict with root, and values, which are those of l2geth.
*/}}

{{/*
The container. Also takes
  data           the volume with its data
  listen         the address that its RPC listens on, and
  ask            where it asks itself, and its probes do
  hosts          the names that its RPC answers to
  rollup         the URL of l1dtl
  publicAddress  what peers are told, where they can dial it
  env            what it is told besides, before what the values say
  probes         its liveness and readiness
  lifecycle      what precedes its end, if anything
  mounts         more mounts
*/}}
{{- define "metis.l2geth" -}}
{{- $values := .values -}}
- name: l2geth
  image: {{ .root.Values.images.l2geth }}
  # The image's entry point, called by its full path: it writes genesis.json and a throw-away key where it stands.
  command: [/geth.sh]
  args:
    {{- toYaml $values.args | nindent 4 }}
  workingDir: /work
  env:
    # What follows is the chart's to say: where it listens, what it advertises, where it keeps its data.
    {{- with .node }}
    {{- . | nindent 4 }}
    {{- end }}
    - name: RPC_ENABLE
      value: "true"
    - name: RPC_ADDR
      value: {{ .listen }}
    - name: RPC_PORT
      value: {{ $values.ports.http | quote }}
    - name: RPC_VHOSTS
      value: {{ .hosts | quote }}
    # WebSocket is off unless env says WS: "true"; then it listens here too.
    - name: WS_ADDR
      value: {{ .listen }}
    - name: WS_PORT
      value: "8546"
    # geth asks itself here, and so do its probes.
    - name: LOCAL_L2_CLIENT_HTTP
      value: http://{{ .ask }}:{{ $values.ports.http }}
    {{- with .publicAddress }}
    # geth.sh turns it into --nat extip:<address>.
    - name: EXTERNAL_IP
      value: {{ . | quote }}
    {{- end }}
    - name: PORT
      value: {{ .p2p | quote }}
    - name: DATADIR
      value: /root/.ethereum
    # The stall detector speaks to geth over its socket in the data directory.
    - name: IPC_DISABLE
      value: "false"
    - name: ROLLUP_CLIENT_HTTP
      value: {{ .rollup }}
    {{- with .env }}
    {{- . | nindent 4 }}
    {{- end }}
    {{- include "common.env" $values.env | nindent 4 }}
  ports:
    - {name: http, containerPort: {{ $values.ports.http }}}
    {{- with .ports }}
    {{- . | nindent 4 }}
    {{- end }}
  startupProbe:
    tcpSocket: {port: http}
    {{- include "metis.startup" . | nindent 4 }}
  {{- .probes | nindent 2 }}
  {{- with .lifecycle }}
  lifecycle:
    {{- . | nindent 4 }}
  {{- end }}
  # The image runs as root and its data directory is root's own (/root); it needs no capability for that.
  securityContext:
    {{- include "common.securityContext" "root" | nindent 4 }}
  resources:
    {{- toYaml $values.resources | nindent 4 }}
  volumeMounts:
    - {name: {{ .data }}, mountPath: /root/.ethereum}
    - {name: work, mountPath: /work}
    - {name: files, mountPath: /scripts, readOnly: true}
    # Where the stall detector and the liveness remember the last head.
    - {name: tmp, mountPath: /tmp}
    {{- with .mounts }}
    {{- . | nindent 4 }}
    {{- end }}
{{- end }}

{{/* geth.sh gives up after some tries, and geth crashes without the transport layer. Takes root, and rollup: l1dtl's URL. */}}
{{- define "metis.waitForL1dtl" -}}
- name: wait-for-l1dtl
  image: {{ .root.Values.images.l2geth }}
  command: [sh, -c]
  args:
    - |
      until curl -fsS --max-time 10 -o /dev/null {{ .rollup }}/eth/context/latest; do
        echo "waiting for l1dtl to reach L1"
        sleep 5
      done
  securityContext:
    {{- include "common.securityContext" "nobody" | nindent 4 }}
  resources:
    requests: {cpu: 10m, memory: 16Mi}
    limits: {cpu: 100m, memory: 64Mi}
{{- end }}

{{/* One of the library's scripts. Takes root and file. */}}
{{- define "metis.script" -}}
{{- (index .root.Subcharts "metis-common").Files.Get (printf "files/%s" .file) -}}
{{- end }}
