{{/*
A pod's own account. Its pods get no token for the API server unless they ask: cloud identities bring their own. Also takes
annotations, where the cloud's identity wants some.
*/}}
{{- define "common.serviceAccount" -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  {{- include "common.metadata" . | nindent 2 }}
  {{- with .annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
automountServiceAccountToken: false
{{- end }}

{{/*
What stands at the head of every pod's spec. Also takes fsGroup, the group of the pod's own volumes, where there is one, and
apiToken, whether the pod speaks to the API server.
*/}}
{{- define "common.podSpec" -}}
serviceAccountName: {{ include "common.fullname" . }}
automountServiceAccountToken: {{ .apiToken | default false }}
# A Service called `rpc` would otherwise set RPC_PORT in every pod, which l2geth reads as its own setting.
enableServiceLinks: false
securityContext:
  seccompProfile:
    type: RuntimeDefault
  {{- with .fsGroup }}
  fsGroup: {{ . }}
  # A disk whose root has the group already is not walked through again.
  fsGroupChangePolicy: OnRootMismatch
  {{- end }}
{{- with .root.Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* nodeSelector and tolerations, as the component that made the nodes hands them over. */}}
{{- define "common.placement" -}}
{{- with .nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* A container's security context: "root", "nobody" or a user's number. */}}
{{- define "common.securityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- if eq (toString .) "root" }}
runAsNonRoot: false
{{- else }}
{{- $user := eq (toString .) "nobody" | ternary 65534 . }}
runAsNonRoot: true
runAsUser: {{ $user }}
runAsGroup: {{ $user }}
{{- end }}
{{- end }}

{{/* A plain map as a container's environment. */}}
{{- define "common.env" -}}
{{- range $name, $value := . }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- end }}

{{/* One environment variable from the Secret that the CSI driver syncs while the pod mounts its secrets. */}}
{{- define "common.secretEnv" -}}
- name: {{ .name }}
  valueFrom:
    secretKeyRef:
      name: {{ .secret }}
      key: {{ .key }}
{{- end }}

{{/* The pod's secrets, from its own SecretProviderClass. A container must mount it, else the kubelet does not. */}}
{{- define "common.secretVolume" -}}
- name: secrets
  csi:
    driver: secrets-store.csi.k8s.io
    readOnly: true
    volumeAttributes:
      secretProviderClass: {{ . }}
{{- end }}
