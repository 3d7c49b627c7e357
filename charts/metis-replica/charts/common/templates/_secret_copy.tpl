{{/*
For a process that is not root: an init container copies the pod's secrets into memory, where the process' group may read
them. Takes the root, an image that has a shell, the names of the files, and where both containers find them. The pod has
an fsGroup, and two volumes: `secrets`, mounted here only, and common.secretCopyVolume.
*/}}
{{- define "common.secretCopy" -}}
- name: copy-secrets
  image: {{ .image }}
  command: [sh, -c]
  args:
    - |
      {{- .root.Subcharts.common.Files.Get "files/copy-secrets.sh" | nindent 6 }}
  env:
    - {name: SOURCE, value: /run/secrets/mounted}
    - {name: COPIES, value: {{ .at }}}
    - {name: FILES, value: {{ join " " .files | quote }}}
  securityContext:
    {{- include "common.securityContext" "root" | nindent 4 }}
    # The files belong to root, and the image's own user may be another one.
    runAsUser: 0
    runAsGroup: 0
  resources:
    requests: {cpu: 10m, memory: 16Mi}
    limits: {cpu: 100m, memory: 64Mi}
  volumeMounts:
    # Only here: the process reads the copies.
    - {name: secrets, mountPath: /run/secrets/mounted, readOnly: true}
    - {name: secret-copies, mountPath: {{ .at }}}
{{- end }}

{{/* Where the process finds its copies. */}}
{{- define "common.secretCopyMount" -}}
- {name: secret-copies, mountPath: {{ . }}, readOnly: true}
{{- end }}

{{- define "common.secretCopyVolume" -}}
- name: secret-copies
  emptyDir: {medium: Memory, sizeLimit: 1Mi}
{{- end }}
