{{/* Fails with a sentence where the values make no cluster. */}}
{{- define "nodeos.checked" -}}
{{- if gt (len .Release.Name) 49 }}
{{- fail "the release's name is longer than 49 characters: the names of its accounts begin with it, and have 63" }}
{{- end }}
{{- $producers := include "nodeos.producers" . | fromJsonArray }}
{{- if not (has .Values.production.active $producers) }}
{{- fail (printf "production.active: %s is no ordinal that may produce" .Values.production.active) }}
{{- end }}
{{- if lt (len $producers) 2 }}
{{- if eq .Values.production.failover "automatic" }}
{{- fail "production.failover: automatic needs two ordinals that may produce: there is nobody to take over" }}
{{- end }}
{{- if ne .Values.store.autoRestore "none" }}
{{- fail "store.autoRestore: it is never done by the only one that may produce: look at its disk first" }}
{{- end }}
{{- end }}
{{- $claims := dict }}
{{- $volumes := dict }}
{{- range $kind, $nodes := pick .Values "ordinals" "apiNodes" }}
{{- range $name, $node := $nodes }}
{{- $_ := set $claims (printf "%s.%s" $kind $name) $node.claim }}
{{- with $node.volumeId }}
{{- $_ := set $volumes (printf "%s.%s" $kind $name) . }}
{{- end }}
{{- end }}
{{- end }}
{{- include "common.distinct" (dict "of" $claims "key" "claim") }}
{{- include "common.distinct" (dict "of" $volumes "key" "volumeId") }}
{{- range $name, $ordinal := .Values.ordinals }}
{{- $signs := hasKey $ordinal.secretFiles "signatureProviders" }}
{{- $votes := hasKey $ordinal.secretFiles "finalizerKey" }}
{{- if and (or $signs $votes) (not (include "nodeos.mayProduce" $ordinal)) }}
{{- fail (printf "ordinals.%s: it may not produce, and has a key in secretFiles" $name) }}
{{- end }}
{{- if and $votes (eq $.Values.chain.flavour "eos") }}
{{- fail (printf "ordinals.%s.secretFiles.finalizerKey: EOSIO 2 knows no finalizers" $name) }}
{{- end }}
{{- if and (include "nodeos.mayProduce" $ordinal) (eq $signs (ne $.Values.signerUrl "")) }}
{{- fail (printf "ordinals.%s: one that may produce takes its signing key from exactly one place: secretFiles.signatureProviders or signerUrl" $name) }}
{{- end }}
{{- end }}
{{- end }}

{{/* "true" where an ordinal may produce: unless it says otherwise. Empty where it may not. */}}
{{- define "nodeos.mayProduce" -}}
{{- if ne (toString .mayProduce) "false" }}true{{ end }}
{{- end }}

{{/* The names of all nodes, as JSON. */}}
{{- define "nodeos.names" -}}
{{- concat (keys .Values.ordinals) (keys .Values.apiNodes) | sortAlpha | toJson }}
{{- end }}

{{/* The names of the ordinals that may produce, as JSON: they are fellows of each other. */}}
{{- define "nodeos.producers" -}}
{{- $names := list }}
{{- range $name, $ordinal := .Values.ordinals }}
{{- if include "nodeos.mayProduce" $ordinal }}
{{- $names = append $names $name }}
{{- end }}
{{- end }}
{{- toJson $names }}
{{- end }}

{{/*
The labels of a node's pods, besides those that its StatefulSet selects it by: which kind it is, which ordinal, and whether
it may produce. Takes root, component, kind (bp or api) and node.
*/}}
{{- define "nodeos.podLabels" -}}
nodeyard.io/nodeos: {{ .kind }}
{{- if eq .kind "bp" }}
nodeyard.io/ordinal: {{ .component }}
{{- if include "nodeos.mayProduce" .node }}
nodeyard.io/may-produce: "true"
{{- end }}
{{- end }}
{{- with .node.podLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* Where the node finds the copies of its secrets. */}}
{{- define "nodeos.secrets" -}}
/run/secrets/nodeos
{{- end }}
