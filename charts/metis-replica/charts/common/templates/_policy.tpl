{{/*
Peers of a NetworkPolicy's rules. Under Cilium an ipBlock never means a pod or a node, so pods are named as pods.
*/}}

{{/* The pods of some namespaces. Also takes the labels of the pods there, if not all. */}}
{{- define "common.namespacePeers" -}}
{{- range .namespaces }}
- namespaceSelector:
    matchLabels: {kubernetes.io/metadata.name: {{ . }}}
  {{- with $.pods }}
  podSelector:
    matchLabels:
      {{- toYaml . | nindent 6 }}
  {{- end }}
{{- end }}
{{- end }}

{{/* Prometheus, by the label that its operator gives its pods. Takes the namespace. */}}
{{- define "common.prometheusPeer" -}}
{{- include "common.namespacePeers" (dict "namespaces" (list .) "pods" (dict "app.kubernetes.io/name" "prometheus")) | trim }}
{{- end }}

{{/* The world outside the cluster, but for a machine's metadata service and Azure's second one (168.63.129.16). */}}
{{- define "common.outsidePeer" -}}
- ipBlock:
    cidr: 0.0.0.0/0
    except: [169.254.0.0/16, 168.63.129.16/32]
{{- end }}

{{/* The rule that lets pods ask for names. */}}
{{- define "common.egressToNames" -}}
- ports:
    - {port: 53, protocol: UDP}
    - {port: 53, protocol: TCP}
{{- end }}

{{/*
The rules that lead to what gives a pod its identity in the cloud, where that is an agent on the node. Takes the URL of the
bucket, which says whose cluster it is. EKS Pod Identity's agent answers at 169.254.170.23. GKE's metadata server answers at
169.254.169.254 with Dataplane V2, and at 169.254.169.252 without. On AKS a token is a file.
*/}}
{{- define "common.egressToIdentityAgent" -}}
{{- if hasPrefix "s3://" . -}}
- to:
    - ipBlock: {cidr: 169.254.170.23/32}
  ports:
    - port: 80
{{- else if hasPrefix "gs://" . -}}
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

{{/* Nobody reaches a pod of the release, and it reaches nobody, but for what the other policies say. Takes root. */}}
{{- define "common.defaultDeny" -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  {{- include "common.metadata" (dict "root" .root "component" "default-deny") | nindent 2 }}
spec:
  podSelector:
    matchLabels:
      {{- include "common.releaseLabels" . | nindent 6 }}
  policyTypes: [Ingress, Egress]
{{- end }}
