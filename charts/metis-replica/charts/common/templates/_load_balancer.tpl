{{/*
A Service that a load balancer is put in front of, and who the pods behind it let in for the balancer. Each helper takes
the `service` that the cloud made of a balancer: type, annotations, address, sourceRanges, healthRanges, sticky. Without
one the Service is reached from inside the cluster.
*/}}

{{/*
The Service. Also takes root, component, pods (the component whose pods answer) and ports: each with name and port, which
is the pods' port of that name too.
*/}}
{{- define "common.balancedService" -}}
{{- $service := .service | default dict -}}
{{- /* An empty list of ranges means everybody to Kubernetes, and nobody to us: no load balancer then. */ -}}
{{- $balanced := and (eq ($service.type | default "ClusterIP") "LoadBalancer") $service.sourceRanges -}}
apiVersion: v1
kind: Service
metadata:
  {{- include "common.metadata" . | nindent 2 }}
  {{- with $service.annotations }}
  # Without a load balancer too: what takes the balancer away again goes by them.
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  {{- if $balanced }}
  type: LoadBalancer
  {{- with $service.address }}
  loadBalancerIP: {{ . }}
  {{- end }}
  loadBalancerSourceRanges:
    {{- range $service.sourceRanges }}
    - {{ . }}
    {{- end }}
  # The pods see the caller's own address, which is what their NetworkPolicy goes by.
  externalTrafficPolicy: Local
  {{- else }}
  type: ClusterIP
  {{- end }}
  {{- if $service.sticky }}
  sessionAffinity: ClientIP
  {{- end }}
  selector:
    {{- include "common.selectorLabels" (dict "root" .root "component" .pods) | nindent 4 }}
  ports:
    {{- range .ports }}
    - name: {{ .name }}
      port: {{ .port }}
      protocol: TCP
      targetPort: {{ .name }}
    {{- end }}
{{- end }}

{{/*
Who is let in for a balancer, as peers of a NetworkPolicy's rule: the callers, and the balancer's own health checks. Nothing
where nobody may call: what nobody calls need not be well.
*/}}
{{- define "common.balancedPeers" -}}
{{- $service := . | default dict -}}
{{- with $service.sourceRanges }}
{{- range concat . ($service.healthRanges | default list) | uniq }}
- ipBlock: {cidr: {{ . }}}
{{- end }}
{{- end }}
{{- end }}
