{{/*
The init container that lets nothing start on another network's or process' data. Takes the root, an image that has a
shell, and the owner. The pod has the disk as its volume `data`, or, where it has several, as `volume`.
*/}}
{{- define "common.ownDisk" -}}
- name: own-disk{{ with .volume }}-{{ . }}{{ end }}
  image: {{ .image }}
  command: [sh, -c]
  args:
    - |
      {{- .root.Subcharts.common.Files.Get "files/own-disk.sh" | nindent 6 }}
  env:
    - {name: DISK, value: /disk}
    - {name: OWNER, value: {{ .owner | quote }}}
  securityContext:
    {{- include "common.securityContext" "root" | nindent 4 }}
    # A new disk is root's, and the image's own user may be another one.
    runAsUser: 0
    runAsGroup: 0
  resources:
    requests: {cpu: 10m, memory: 16Mi}
    limits: {cpu: 100m, memory: 64Mi}
  volumeMounts:
    - {name: {{ .volume | default "data" }}, mountPath: /disk}
{{- end }}
