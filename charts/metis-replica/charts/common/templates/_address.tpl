{{/*
How a static public address gets to a pod that answers under it: `addressClaim.way` says which of three ways.

  pod            an init container claims it for the pod's node, under the pod's own identity
  claimant       a pod beside it claims it for the node, under an identity of its own, and keeps it there; the pod's init
                 container waits until the node has it. For clouds that give pods on the host network no identity.
  load-balancer  a Service holds it; nobody claims anything

The values are `addressClaim` (way, provider, env, annotations, addressAnnotation) and `images.addressClaim`. Each helper
takes a dict: root, component, and what else it names. The scripts lie in this chart: files/<task>-address-<provider>.sh.
*/}}

{{- define "common.addressScript" -}}
{{- $file := printf "files/%s-address-%s.sh" .task .root.Values.addressClaim.provider -}}
{{- .root.Subcharts.common.Files.Get $file | required (printf "the chart common has no %s" $file) -}}
{{- end }}

{{/* The pod's own script, as a file of its ConfigMap; nothing where a Service holds the address. */}}
{{- define "common.addressFiles" -}}
{{- with get (dict "pod" "claim" "claimant" "wait-for") .root.Values.addressClaim.way -}}
{{ . }}-address.sh: |
  {{- include "common.addressScript" (dict "root" $.root "task" .) | nindent 2 }}
{{- end }}
{{- end }}

{{/*
The pod's init container, if any. Also takes publicAddress and addressId. The pod has two volumes for it: `files`, with
what common.addressFiles makes, and `tmp`.
*/}}
{{- define "common.addressInit" -}}
{{- $claim := .root.Values.addressClaim -}}
{{- if eq $claim.way "pod" -}}
- name: claim-address
  command: [sh, /scripts/claim-address.sh]
  env:
    - name: ADDRESS_ID
      value: {{ .addressId | quote }}
    - name: PUBLIC_ADDRESS
      value: {{ .publicAddress | quote }}
    {{- include "common.env" $claim.env | nindent 4 }}
    - name: HOME
      value: /tmp
  {{- include "common.addressContainer" . | nindent 2 }}
{{- else if eq $claim.way "claimant" -}}
- name: wait-for-address
  command: [sh, /scripts/wait-for-address.sh]
  env:
    - name: PUBLIC_ADDRESS
      value: {{ .publicAddress | quote }}
  {{- include "common.addressContainer" . | nindent 2 }}
{{- end }}
{{- end }}

{{/* What every container that runs such a script has. */}}
{{- define "common.addressContainer" -}}
image: {{ .root.Values.images.addressClaim }}
securityContext:
  {{- include "common.securityContext" "nobody" | nindent 2 }}
resources:
  {{- toYaml .root.Values.addressClaim.resources | nindent 2 }}
volumeMounts:
  - {name: files, mountPath: /scripts, readOnly: true}
  - {name: tmp, mountPath: /tmp}
{{- end }}

{{/*
The objects beside the pod, if any. Also takes publicAddress, addressId, placement and ports: the Service's, each with
name, port and protocol.
*/}}
{{- define "common.addressObjects" -}}
{{- if eq .root.Values.addressClaim.way "claimant" }}
{{- include "common.addressClaimant" . }}
{{- else if eq .root.Values.addressClaim.way "load-balancer" }}
{{- include "common.addressService" . }}
{{- end }}
{{- end }}

{{/*
The pod that claims the address and sees to it that the node keeps it. It stands on the same node, has nothing but the
right to move this address, and can be replaced at any time: the node keeps the address without it. Recreate, so that
there are never two.
*/}}
{{- define "common.addressClaimant" -}}
{{- $claimant := dict "root" .root "component" (printf "%s-address" .component) -}}
{{- $script := include "common.addressScript" (dict "root" .root "task" "claim") -}}
---
{{ include "common.serviceAccount" $claimant }}
---
apiVersion: v1
kind: ConfigMap
metadata:
  {{- include "common.metadata" $claimant | nindent 2 }}
data:
  claim-address.sh: |
    {{- $script | nindent 4 }}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  {{- include "common.metadata" $claimant | nindent 2 }}
spec:
  replicas: 1
  strategy:
    type: Recreate
  selector:
    matchLabels:
      {{- include "common.selectorLabels" $claimant | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "common.selectorLabels" $claimant | nindent 8 }}
      annotations:
        checksum/files: {{ $script | sha256sum }}
    spec:
      {{- include "common.podSpec" $claimant | nindent 6 }}
      # It ends between two attempts, never between taking one address off and putting the other on.
      terminationGracePeriodSeconds: 120
      {{- include "common.placement" .placement | nindent 6 }}
      affinity:
        podAffinity:
          # A placement may have machines of others, too.
          requiredDuringSchedulingIgnoredDuringExecution:
            - topologyKey: kubernetes.io/hostname
              labelSelector:
                matchLabels:
                  {{- include "common.selectorLabels" . | nindent 18 }}
      containers:
        - name: claim-address
          command: [sh, /scripts/claim-address.sh]
          env:
            - name: NODE_NAME
              valueFrom:
                fieldRef:
                  fieldPath: spec.nodeName
            - name: ADDRESS_ID
              value: {{ .addressId | quote }}
            - name: PUBLIC_ADDRESS
              value: {{ .publicAddress | quote }}
            {{- include "common.env" .root.Values.addressClaim.env | nindent 12 }}
            - name: HOME
              value: /tmp
          # Ready while the node holds the address, as far as the script knows.
          readinessProbe:
            exec:
              command: [test, -e, /tmp/held]
            periodSeconds: 10
          {{- include "common.addressContainer" (dict "root" .root) | nindent 10 }}
      volumes:
        - name: files
          configMap:
            name: {{ include "common.fullname" $claimant }}
        - name: tmp
          emptyDir: {}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  {{- include "common.metadata" $claimant | nindent 2 }}
spec:
  podSelector:
    matchLabels:
      {{- include "common.selectorLabels" $claimant | nindent 6 }}
  # Nobody asks it anything.
  policyTypes: [Ingress, Egress]
  egress:
    - ports:
        - {port: 53, protocol: UDP}
        - {port: 53, protocol: TCP}
    # GKE's metadata server, where its identity comes from: with Dataplane V2, and without.
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
    # The cloud's API.
    - to:
        - ipBlock:
            cidr: 0.0.0.0/0
            except: [169.254.0.0/16]
      ports:
        - port: 443
{{- end }}

{{/*
The Service that holds the address. Local: traffic goes to the pod's own node only and keeps its peer's address.
With pods that are not ready: a node that syncs is not ready for days, and needs its peers to get there. It is also what the
load balancer's probe goes by: the health check port of a Local Service counts the node's ready endpoints, and with this
every endpoint counts as ready. So udp, which no probe can ask, has the same probe as tcp.
Node ports are left to be allocated: some load balancers go through them, and no firewall of ours lets anybody in there.
*/}}
{{- define "common.addressService" -}}
{{- $service := dict "root" .root "component" (printf "%s-p2p" .component) -}}
{{- $claim := .root.Values.addressClaim -}}
---
apiVersion: v1
kind: Service
metadata:
  {{- include "common.metadata" $service | nindent 2 }}
  annotations:
    {{- merge (dict $claim.addressAnnotation .addressId) ($claim.annotations | default dict) | toYaml | nindent 4 }}
spec:
  type: LoadBalancer
  externalTrafficPolicy: Local
  publishNotReadyAddresses: true
  selector:
    {{- include "common.selectorLabels" (dict "root" .root "component" .component) | nindent 4 }}
  ports:
    {{- range .ports }}
    - name: {{ .name }}
      port: {{ .port }}
      protocol: {{ .protocol }}
      targetPort: {{ .name }}
    {{- end }}
{{- end }}
