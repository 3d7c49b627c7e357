{{/*
One node: a StatefulSet of one pod, its Service and its account. Takes root, component (its name), kind (bp or api) and node
(its values).
*/}}
{{- define "nodeos.node" -}}
{{- $values := .root.Values -}}
{{- $mayProduce := and (eq .kind "bp") (include "nodeos.mayProduce" .node) -}}
{{ include "common.serviceAccount" (merge (dict "annotations" .node.accountAnnotations) .) }}
---
apiVersion: apps/v1
kind: StatefulSet
metadata:
  {{- include "common.ownMetadata" . | nindent 2 }}
spec:
  # It may exist once: one replica and no way to ask for more, a claim made outside, and no surge by construction.
  replicas: 1
  # A pod that produces is replaced when an operator says so, after another one has the right.
  updateStrategy:
    type: OnDelete
  serviceName: {{ .component }}
  selector:
    matchLabels:
      {{- include "common.selectorLabels" . | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "common.selectorLabels" . | nindent 8 }}
        {{- include "nodeos.podLabels" . | nindent 8 }}
    spec:
      {{- /* Only who may produce reads and writes the Lease. */}}
      {{- include "common.podSpec" (merge (dict "fsGroup" 10001 "apiToken" (not (empty $mayProduce))) .) | nindent 6 }}
      terminationGracePeriodSeconds: {{ $values.grace }}
      {{- include "common.placement" .node.placement | nindent 6 }}
      initContainers:
        {{- with $values.chain.id }}
        {{- include "common.ownDisk" (dict "root" $.root "image" $values.images.manager "owner" (printf "nodeos %s" .)) | nindent 8 }}
        {{- end }}
        {{- include "common.secretCopy" (dict "root" .root "image" $values.images.manager "files" (values .node.secretFiles | sortAlpha) "at" (include "nodeos.secrets" .)) | nindent 8 }}
      containers:
        - name: nodeos-{{ .kind }}
          image: {{ $values.images.manager }}
          # The image's entrypoint is the manager, which is the first process: nodeos is its child, and ends with it.
          args:
            {{- include "nodeos.options" . | nindent 12 }}
          env:
            # The ordinal, and not the pod: fellows know it by its Service's name.
            - {name: POD_NAME, value: {{ .component }}}
            - name: POD_UID
              valueFrom:
                fieldRef:
                  fieldPath: metadata.uid
            - name: POD_NAMESPACE
              valueFrom:
                fieldRef:
                  fieldPath: metadata.namespace
            - {name: HOME, value: /tmp}
          ports:
            - {name: manager, containerPort: {{ $values.ports.manager }}}
            - {name: proxy, containerPort: {{ $values.ports.proxy }}}
            - {name: p2p, containerPort: {{ $values.ports.p2p }}}
            - {name: metrics, containerPort: {{ $values.ports.metrics }}}
          {{- include "nodeos.probes" $mayProduce | nindent 10 }}
          securityContext:
            {{- include "common.securityContext" 10001 | nindent 12 }}
          resources:
            {{- toYaml (.node.resources | default $values.resources) | nindent 12 }}
          volumeMounts:
            # A directory of the disk: what else is on it (lost+found, the word of whose disk it is) is not nodeos'.
            - {name: data, mountPath: /nodeos-data, subPath: nodeos}
            # A directory and not its files: a changed ConfigMap shows up in the pod that runs.
            - {name: config, mountPath: /etc/nodeos, readOnly: true}
            - {name: run, mountPath: /run/nodeos}
            {{- include "common.secretCopyMount" (include "nodeos.secrets" .) | nindent 12 }}
            - {name: tmp, mountPath: /tmp}
      volumes:
        - name: data
          persistentVolumeClaim:
            claimName: {{ .node.claim }}
        - name: config
          configMap:
            name: {{ include "common.fullname" (dict "root" .root "component" "config") }}
        # In memory: the config.ini that nodeos reads has the signing keys.
        - name: run
          emptyDir: {medium: Memory, sizeLimit: 1Mi}
        {{- include "common.secretVolume" .node.secretProviderClass | nindent 8 }}
        {{- include "common.secretCopyVolume" . | nindent 8 }}
        - name: tmp
          emptyDir: {}
{{- end }}

{{/*
A producer's manager that hangs cannot fence: it is killed within five seconds (three tries, a second's timeout, a second's
grace), and the kernel kills nodeos with it. Liveness begins when the startup probe has succeeded, and a manager answers
before nodeos may produce: so that probe asks every second, too. An API node has nothing to fence, and its nodeos is better
off with the pod's whole grace. Takes whether the node may produce.
*/}}
{{- define "nodeos.probes" -}}
# Ten minutes for the manager to answer: it does so before nodeos has opened its database.
startupProbe:
  httpGet: {path: /ping, port: manager}
  periodSeconds: 1
  timeoutSeconds: 1
  failureThreshold: 600
livenessProbe:
  {{- if . }}
  httpGet: {path: /livez, port: manager}
  periodSeconds: 1
  timeoutSeconds: 1
  failureThreshold: 3
  terminationGracePeriodSeconds: 1
  {{- else }}
  httpGet: {path: /ping, port: manager}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 12
  {{- end }}
# The head is young.
readinessProbe:
  httpGet: {path: /healthz, port: manager}
  periodSeconds: 5
  timeoutSeconds: 4
  failureThreshold: 2
{{- end }}
