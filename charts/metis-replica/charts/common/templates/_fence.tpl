{{/*
The init container that lets nothing start before the pod's NetworkPolicy holds, for pods that run strangers' code. Takes
the root, an image that has a shell and curl, and what the policy allows: addresses with their ports. What it must forbid is
the metadata service, which has the same address on every cloud, and answers every pod that nothing keeps from it. A cloud
limits how far a token of it goes (EC2: the hop limit of a PUT), not who connects.
*/}}
{{- define "common.untilFenced" -}}
- name: wait-until-fenced
  image: {{ .image }}
  command: [sh, -c]
  args:
    - |
      {{- .root.Subcharts.common.Files.Get "files/wait-until-fenced.sh" | nindent 6 }}
  env:
    - {name: FORBIDDEN, value: "169.254.169.254:80"}
    - {name: ALLOWED, value: {{ join " " .allowed | quote }}}
  securityContext:
    {{- include "common.securityContext" "nobody" | nindent 4 }}
  resources:
    requests: {cpu: 10m, memory: 16Mi}
    limits: {cpu: 100m, memory: 64Mi}
{{- end }}
