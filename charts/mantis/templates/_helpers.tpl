{{/* Fails with a sentence where the values make no network. */}}
{{- define "mantis.checked" -}}
{{- $values := .Values -}}
{{- if gt (len .Release.Name) 45 }}
{{- fail "the release's name is longer than 45 characters: the names of its accounts begin with it, and have 63" }}
{{- end }}
{{- $addresses := false }}
{{- $keys := dict }}
{{- $needs := dict "tools" (or $values.backup.enabled $values.store.autoRestore) "explorer" $values.explorer.enabled "faucet" $values.faucet.enabled }}
{{- range $name, $node := $values.nodes }}
{{- $role := include "mantis.role" $name }}
{{- with $node.secretFiles }}
{{- $_ := set $keys (printf "nodes.%s" $name) (printf "%s in %s" .key $node.secretProviderClass) }}
{{- end }}
{{- if eq $role "obft" }}
{{- $_ := set $needs "obft" true }}
{{- if eq $values.client "core-geth" }}
{{- fail (printf "nodes.%s: core-geth knows no checkpoints (ECIP-1097)" $name) }}
{{- end }}
{{- else if not $node.config }}
{{- fail (printf "nodes.%s.config: it is missing" $name) }}
{{- end }}
{{- if eq (eq $role "passive") (hasKey $node "secretFiles") }}
{{- fail (printf "nodes.%s.secretFiles: miners and checkpoint nodes have a key, and passive nodes have none" $name) }}
{{- end }}
{{- if ne (hasKey $node "secretFiles") (hasKey $node "secretProviderClass") }}
{{- fail (printf "nodes.%s: secretProviderClass and secretFiles go together" $name) }}
{{- end }}
{{- if $node.address }}
{{- $addresses = true }}
{{- if ne $role "miner" }}
{{- fail (printf "nodes.%s.address: only a miner is dialled from outside" $name) }}
{{- end }}
{{- end }}
{{- end }}
{{- if ne $addresses $values.public }}
{{- fail "public: it is true where miners have an address, and where no other" }}
{{- end }}
{{- if and $values.public (ne $values.addressClaim.way "load-balancer") }}
{{- $_ := set $needs "addressClaim" true }}
{{- end }}
{{- if and $needs.tools (not $values.store.url) }}
{{- fail "store.url: backups are made and restored, and there is no bucket" }}
{{- end }}
{{- if and $values.backup.enabled (not $values.backup.config) }}
{{- fail "backup.config: it is missing" }}
{{- end }}
{{- include "common.distinct" (dict "of" $keys "key" "secretFiles.key") }}
{{- $askers := dict "backup.enabled" $values.backup.enabled "explorer.enabled" $values.explorer.enabled "faucet.enabled" $values.faucet.enabled "callers" $values.callers "nodes.obft-0" $needs.obft }}
{{- range $name, $asks := $askers }}
{{- if and $asks (not (include "mantis.passive" $ | fromJsonArray)) }}
{{- fail (printf "%s: it asks passive nodes, and there is none" $name) }}
{{- end }}
{{- end }}
{{- range $key := list "amount" "perAddress" "secretProviderClass" "secretFiles" }}
{{- if and $values.faucet.enabled (not (get $values.faucet $key)) }}
{{- fail (printf "faucet.%s: it is missing" $key) }}
{{- end }}
{{- end }}
{{- range $image, $needed := $needs }}
{{- if and $needed (not (get $values.images $image)) }}
{{- fail (printf "images.%s: it is missing" $image) }}
{{- end }}
{{- end }}
{{- end }}

{{/* What a node does: miner, passive or obft. Takes its name. */}}
{{- define "mantis.role" -}}
{{- regexFind "^[a-z]+" . -}}
{{- end }}

{{/* The names of the nodes of some roles, as JSON. Takes root and roles. */}}
{{- define "mantis.names" -}}
{{- $names := list }}
{{- range $name, $_ := .root.Values.nodes }}
{{- if has (include "mantis.role" $name) $.roles }}
{{- $names = append $names $name }}
{{- end }}
{{- end }}
{{- toJson $names }}
{{- end }}
{{- define "mantis.passive" -}}
{{- include "mantis.names" (dict "root" . "roles" (list "passive")) }}
{{- end }}

{{/* What selects the pods of some roles. Takes root and roles. */}}
{{- define "mantis.podsOf" -}}
matchLabels:
  {{- include "common.releaseLabels" . | nindent 2 }}
matchExpressions:
  - {key: nodeyard.io/role, operator: In, values: {{ .roles | toJson }}}
{{- end }}

{{/*
"true" where a node is on its machine's own network, since its machine has the address that peers dial. Empty elsewhere. Takes
root and node.
*/}}
{{- define "mantis.hostNetwork" -}}
{{- if and .node.address (ne .root.Values.addressClaim.way "load-balancer") }}true{{ end }}
{{- end }}

{{/* Who every container runs as, and where it finds the copies of its secrets. */}}
{{- define "mantis.user" -}}10001{{- end }}
{{- define "mantis.secrets" -}}/run/secrets/node{{- end }}

{{/* The URL of the passive nodes' RPC API: of those that are ready. */}}
{{- define "mantis.rpcUrl" -}}
http://rpc.{{ .Release.Namespace }}.svc:{{ .Values.ports.rpc }}
{{- end }}

{{/* A claim's spec. Takes root and disk, whose size it is. */}}
{{- define "mantis.claim" -}}
accessModes: [ReadWriteOnce]
{{- with .root.Values.storage.className }}
storageClassName: {{ . }}
{{- end }}
resources:
  requests:
    storage: {{ index .root.Values.storage.sizes .disk }}
{{- end }}

{{/*
The RPC APIs by which a backup knows where the chain's tip is: of the first three passive nodes, so that it stays as it is while
others come and go.
*/}}
{{- define "mantis.tipUrls" -}}
{{- $urls := list }}
{{- range $name := list "passive-0" "passive-1" "passive-2" }}
{{- if hasKey $.Values.nodes $name }}
{{- $urls = append $urls (printf "http://%s.%s.svc:%d" $name $.Release.Namespace (int $.Values.ports.rpc)) }}
{{- end }}
{{- end }}
{{- join "," $urls }}
{{- end }}

{{/*
The rule by which nodes dial each other. Takes root, side (from or to) and pods. A public network's rule is for everybody: the
world comes to the machines' own addresses, and Cilium takes a machine for neither a pod nor an address outside.
*/}}
{{- define "mantis.p2pRule" -}}
{{- $ports := .root.Values.ports -}}
- ports:
    - {port: {{ $ports.p2p }}, protocol: TCP}
    - {port: {{ $ports.discovery }}, protocol: UDP}
  {{- if not .root.Values.public }}
  {{ .side }}:
    - podSelector:
        {{- include "mantis.podsOf" .pods | nindent 8 }}
  {{- end }}
{{- end }}
