{{/* The pod of the role's Job. All that the role is made of stands here, and so the Job's name goes by it. */}}
{{- define "tsm.rolePod" -}}
{{- $role := dict "root" . "component" "role" -}}
{{- $script := "files/postgres-role.sh" -}}
{{- $database := .Values.database -}}
metadata:
  labels:
    {{- include "common.selectorLabels" $role | nindent 4 }}
    nodeyard.io/tsm-player: {{ .Values.player | quote }}
  annotations:
    # A new configuration may come with a new password of the role.
    nodeyard.io/config-version: {{ .Values.config.version | quote }}
    checksum/database-ca: {{ $database.ca | sha256sum }}
spec:
  {{- include "common.podSpec" $role | nindent 2 }}
  restartPolicy: OnFailure
  {{- include "common.placement" .Values.placement | nindent 2 }}
  containers:
    - name: role
      image: {{ .Values.images.databaseClient }}
      command: [sh, -c]
      args:
        - |
          {{- .Subcharts.common.Files.Get $script | required (printf "the chart common has no %s" $script) | nindent 10 }}
      env:
        - {name: PGHOST, value: {{ $database.host | quote }}}
        - {name: PGPORT, value: {{ $database.port | quote }}}
        - {name: PGUSER, value: {{ $database.admin | quote }}}
        - {name: PGSSLMODE, value: {{ $database.sslMode | quote }}}
        - {name: PGSSLROOTCERT, value: /database-ca/ca.pem}
        - {name: ADMIN_PASSWORD_FILE, value: /run/secrets/role/databaseAdmin}
        - {name: ROLE_PASSWORD_FILE, value: /run/secrets/role/databaseRole}
        - {name: DATABASE, value: {{ $database.name | quote }}}
        - {name: SCHEMA, value: {{ $database.schema | quote }}}
        - {name: ROLE, value: {{ $database.role | quote }}}
      securityContext:
        {{- include "common.securityContext" "root" | nindent 8 }}
        # The files belong to root, and the image's own user may be another one.
        runAsUser: 0
        runAsGroup: 0
      resources:
        requests: {cpu: 10m, memory: 32Mi}
        limits: {cpu: 200m, memory: 128Mi}
      volumeMounts:
        - {name: secrets, mountPath: /run/secrets/role, readOnly: true}
        {{- include "tsm.databaseCaMount" . | nindent 8 }}
  volumes:
    {{- include "common.secretVolume" $database.secretProviderClass | nindent 4 }}
    {{- include "tsm.databaseCaVolume" . | nindent 4 }}
{{- end }}
