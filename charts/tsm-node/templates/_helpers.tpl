{{/* Fails with a sentence where the values make no player. */}}
{{- define "tsm.checked" -}}
{{- if gt (len .Release.Name) 49 }}
{{- fail "the release's name is longer than 49 characters: Kubernetes labels a Job's pods with its name, in 63" }}
{{- end }}
{{- if eq (empty .Values.config.secretProviderClass) (empty .Values.config.configSecretName) }}
{{- fail "config takes exactly one source of config.toml: secretProviderClass or configSecretName" }}
{{- end }}
{{- end }}

{{/* The ports of the node's container, by the names that everything else goes by. */}}
{{- define "tsm.ports" -}}
- {name: sdk, containerPort: {{ .Values.sdk.port }}}
- {name: mpc, containerPort: {{ .Values.mpc.port }}}
- {name: management, containerPort: {{ .Values.management.port }}}
{{- end }}

{{/* The volume with the database's authorities, and where every container finds them. */}}
{{- define "tsm.databaseCaVolume" -}}
- name: database-ca
  configMap:
    name: {{ include "common.fullname" (dict "root" . "component" "database-ca") }}
{{- end }}
{{- define "tsm.databaseCaMount" -}}
- {name: database-ca, mountPath: /database-ca, readOnly: true}
{{- end }}

{{/* The player's own nodes, as peers of a NetworkPolicy's rule, and all their ports. */}}
{{- define "tsm.own" -}}
- podSelector:
    matchLabels:
      {{- include "common.selectorLabels" (dict "root" . "component" "node") | nindent 6 }}
{{- end }}
{{- define "tsm.ownPorts" -}}
- port: {{ .Values.sdk.port }}
- port: {{ .Values.mpc.port }}
- port: {{ .Values.management.port }}
{{- end }}

{{/* Nodes of other players in the cluster. */}}
{{- define "tsm.peers" -}}
{{- $pods := dict "app.kubernetes.io/name" .Chart.Name "app.kubernetes.io/component" "node" -}}
{{- include "common.namespacePeers" (dict "namespaces" .Values.mpc.peerNamespaces "pods" $pods) -}}
{{- end }}

{{/* The names of the cluster, and the database: what every pod of the release reaches. */}}
{{- define "tsm.egressToDatabase" -}}
{{ include "common.egressToNames" . }}
- to:
    {{- range .Values.database.cidrs }}
    - ipBlock: {cidr: {{ . }}}
    {{- end }}
  ports:
    - port: {{ .Values.database.port }}
{{- end }}
