{{/* l2geth and l1dtl are in one pod: they find each other here. */}}
{{- define "replica.l1dtlUrl" -}}
http://127.0.0.1:{{ .Values.l1dtl.ports.http }}
{{- end }}
{{- define "replica.l2gethUrl" -}}
http://127.0.0.1:{{ .Values.l2geth.ports.http }}
{{- end }}

{{/* The files of the ConfigMap. */}}
{{- define "replica.files" -}}
l2geth-fresh.sh: |
  {{- include "metis.script" (dict "root" . "file" "l2geth-fresh.sh") | nindent 2 }}
{{- end }}

{{/* When a replica is given up, and when it takes calls. */}}
{{- define "replica.probes" -}}
# Upstream's chart: the process answers. A head that stands still is no reason to begin anew: the chain itself may.
livenessProbe:
  httpGet: {path: /, port: http}
  {{- include "metis.liveness" . | nindent 2 }}
readinessProbe:
  exec:
    command: [sh, /scripts/l2geth-fresh.sh, {{ .Values.rpc.maxHeadAge | quote }}]
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 3
{{- end }}

{{/*
The init container that gives a disk made of another replica's snapshot a node key of its own. Takes root.
*/}}
{{- define "replica.ownNodeKey" -}}
- name: own-node-key
  image: {{ .Values.images.l2geth }}
  command: [sh, -c]
  args:
    - |
      {{- include "metis.script" (dict "root" . "file" "own-node-key.sh") | nindent 6 }}
  env:
    - {name: DISK, value: /disk}
    - name: POD
      valueFrom:
        fieldRef:
          fieldPath: metadata.name
    - {name: OWNER, value: {{ printf "%s/$(POD)" .Release.Namespace | quote }}}
  securityContext:
    {{- include "common.securityContext" "root" | nindent 4 }}
  resources:
    requests: {cpu: 10m, memory: 16Mi}
    limits: {cpu: 100m, memory: 64Mi}
  volumeMounts:
    - {name: l2geth, mountPath: /disk}
{{- end }}

{{/* The release's pods, and its claims, as regular expressions. */}}
{{- define "replica.pods" -}}
{{ include "common.fullname" (dict "root" . "component" "replica") }}-[0-9]+
{{- end }}
{{- define "replica.claims" -}}
(l2geth|l1dtl)-{{ include "replica.pods" . }}
{{- end }}
