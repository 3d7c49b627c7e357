{{/*
The init container that fills an empty disk from an archive, once. Takes root, process, volume, seed (url and sha256), and
holds: what the process' data begins with, by which a wrong archive is known. In l2geth's image, which has a shell and curl.
*/}}
{{- define "metis.seed" -}}
- name: seed-{{ .process }}
  image: {{ .root.Values.images.l2geth }}
  command: [sh, -c]
  args:
    - |
      {{- include "metis.script" (dict "root" .root "file" "seed-disk.sh") | nindent 6 }}
  env:
    - {name: DISK, value: /disk}
    - {name: URL, value: {{ .seed.url | quote }}}
    - {name: SHA256, value: {{ .seed.sha256 | quote }}}
    - {name: HOLDS, value: {{ .holds }}}
  securityContext:
    {{- include "common.securityContext" "root" | nindent 4 }}
  resources:
    requests: {cpu: 100m, memory: 64Mi}
    limits: {cpu: "2", memory: 512Mi}
  volumeMounts:
    - {name: {{ .volume }}, mountPath: /disk}
{{- end }}
