{{- define "theta.edge" -}}
{{- if gt (len .Release.Name) 47 }}
{{- fail "the release's name is longer than 47 characters: Kubernetes labels a StatefulSet's pods with its name and a hash, in 63" }}
{{- end -}}
{{- end }}

{{/* Ready when the node says how it is, and is on the right network. */}}
{{- define "theta.getStatus" -}}
set -eu
status=$(curl --fail --silent --show-error --max-time 8 --noproxy '*' --header 'Content-Type: application/json' \
  --data '{"jsonrpc":"2.0","id":1,"method":"edgecore.GetStatus","params":[]}' http://127.0.0.1:{{ .Values.ports.core }}/rpc)
case $status in
  *'"current_height"'*) ;;
  *) echo "edgecore.GetStatus: not the documented shape" >&2; exit 1 ;;
esac
{{- with .Values.chainId }}
case $(printf %s "$status" | tr -d '[:space:]') in
  *'"chain_id":"{{ . }}"'*) ;;
  *) echo "edgecore.GetStatus: the node follows another network than {{ . }}" >&2; exit 1 ;;
esac
{{- end }}
{{- end }}
