{{/* The files of themis's ConfigMap; none of them holds a secret. */}}
{{- define "metis.themisFiles" -}}
{{- with include "common.addressFiles" (dict "root" .) }}
{{- . }}
{{ end -}}
init-themis.sh: |
  {{- .Files.Get "files/init-themis.sh" | nindent 2 }}
amino.jq: |
  {{- .Files.Get "files/amino.jq" | nindent 2 }}
config.toml: |
  {{- tpl (.Files.Get "files/config.toml") . | nindent 2 }}
app.toml: |
  {{- .Files.Get "files/app.toml" | nindent 2 }}
themis-config.toml: |
  # The endpoints are this release's own; ETH_RPC_URL comes from the environment, since its URL is a secret.
  metis_rpc_url = {{ include "metis.l2gethUrl" . | quote }}
  tendermint_rpc_url = "http://127.0.0.1:26657"
  themis_rest_server = "http://127.0.0.1:1317"
  {{- range $key, $value := .Values.themis.config }}
  {{ $key }} = {{ $value | quote }}
  {{- end }}
{{- end }}

{{/* What themis and bridge are both told about their endpoints. */}}
{{- define "metis.themisEnv" -}}
{{- include "common.secretEnv" (dict "name" "ETH_RPC_URL" "secret" .Values.themis.secret.name "key" .Values.themis.secret.keys.l1RpcEndpoint) }}
- name: METIS_RPC_URL
  value: {{ include "metis.l2gethUrl" . }}
- name: TENDERMINT_RPC_URL
  value: http://127.0.0.1:26657
- name: REST_SERVER
  value: http://127.0.0.1:1317
{{- end }}
