{{/*
An HTTPS host in front of a Service, as the cloud whose controller it is says (Cloud.ingress_values): host, className,
tlsSecret, annotations, serviceAnnotations, settings, callers.
*/}}

{{/*
The Ingress, and the objects that its controller reads besides. Takes root, component, ingress, service (the Service's name)
and port (the name of its port). Where the annotations name the certificate there is no `tls`.
*/}}
{{- define "common.ingress" -}}
{{- $service := dict "name" .service "port" (dict "name" .port) -}}
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  {{- include "common.metadata" . | nindent 2 }}
  {{- with .ingress.annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  {{- with .ingress.className }}
  ingressClassName: {{ . }}
  {{- end }}
  {{- with .ingress.tlsSecret }}
  tls:
    - hosts: [{{ $.ingress.host }}]
      secretName: {{ . }}
  {{- end }}
  rules:
    - host: {{ .ingress.host }}
      http:
        paths:
          - path: /
            pathType: Prefix
            backend:
              service:
                {{- toYaml $service | nindent 16 }}
{{- range .ingress.settings }}
---
apiVersion: {{ .apiVersion }}
kind: {{ .kind }}
metadata:
  name: {{ .name }}
  namespace: {{ $.root.Release.Namespace }}
  labels:
    {{- include "common.labels" $ | nindent 4 }}
spec:
  {{- toYaml .spec | nindent 2 }}
{{- end }}
{{- end }}

{{/* Where the controller's calls come from, as peers of a NetworkPolicy's rule. Takes the ingress. */}}
{{- define "common.ingressPeers" -}}
{{- range .callers.cidrs }}
- ipBlock: {cidr: {{ . }}}
{{- end }}
{{- include "common.namespacePeers" (dict "namespaces" .callers.namespaces) }}
{{- end }}
