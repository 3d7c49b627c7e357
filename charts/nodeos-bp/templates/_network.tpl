{{/* What selects the pods that may produce. */}}
{{- define "nodeos.fellows" -}}
{{ include "nodeos.allLabels" . }}
nodeyard.io/may-produce: "true"
{{- end }}

{{/* The ports that every node dials outside, as JSON: HTTPS, and those of the peers. */}}
{{- define "nodeos.outsidePorts" -}}
{{- $ports := list 443 }}
{{- range .Values.peers }}
{{- $ports = append $ports (regexFind "[0-9]+$" . | int) }}
{{- end }}
{{- $ports | uniq | toJson }}
{{- end }}

{{/*
Where the pods of a cluster get their identity from, where that is an agent on the node: whose bucket it is says whose cluster
it is. EKS Pod Identity's agent answers at 169.254.170.23. GKE's metadata server answers at 169.254.169.254 with Dataplane V2,
and at 169.254.169.252 without. On AKS a token is a file.
*/}}
{{- define "nodeos.identityAgent" -}}
{{- if hasPrefix "s3://" .Values.store.url -}}
- to:
    - ipBlock: {cidr: 169.254.170.23/32}
  ports:
    - port: 80
{{- else if hasPrefix "gs://" .Values.store.url -}}
- to:
    - ipBlock: {cidr: 169.254.169.254/32}
  ports:
    - port: 80
    - port: 8080
- to:
    - ipBlock: {cidr: 169.254.169.252/32}
  ports:
    - port: 987
    - port: 988
{{- end }}
{{- end }}

{{/* The port of a URL. */}}
{{- define "nodeos.urlPort" -}}
{{- $host := (urlParse .).host -}}
{{- regexFind "[0-9]+$" (regexFind ":[0-9]+$" $host) | default (hasPrefix "https" . | ternary "443" "80") -}}
{{- end }}
