# What the clients' start scripts share: where a node's data is, and how the client runs and stops. The chart sets:
#   DATA_DIR      the node's disk
#   CONFIG_DIR    what the component rendered, with `arguments`, one on a line
#   RUN_DIR       in memory
#   GENESIS_HASH  of the network's first block
#   POD_IP        what the node announces, where ADVERTISED does not say another address
#   KEY_FILE      the node's key, 64 hexadecimal digits; empty for a node without one
#   STOP_FILE     when this file appears, the client is stopped; `stopped` is put beside it once that went well
# Needs sh and coreutils or busybox.
set -eu
umask 077

: "${DATA_DIR:=/data}" "${CONFIG_DIR:=/config}" "${RUN_DIR:=/run/node}" "${GENESIS_HASH:?}" "${POD_IP:?}"
: "${ADVERTISED:=$POD_IP}" "${KEY_FILE:=}" "${STOP_FILE:=}"

genesis=$(printf %.16s "${GENESIS_HASH#0x}")
data=$DATA_DIR/$genesis

set --
while IFS= read -r argument || [ -n "$argument" ]; do
  set -- "$@" "$argument"
done <"$CONFIG_DIR/arguments"

say() { echo "start: $*"; }

# The data of another genesis is of no use: a node's directory is named for its own.
settle_data() {
  for other in "$DATA_DIR"/*; do
    case ${other##*/} in
    "$genesis" | *[!0-9a-f]*) ;;
    ????????????????)
      say "$other is of another genesis than $genesis: it is removed."
      rm -rf "$other"
      ;;
    esac
  done
  if [ -e "$DATA_DIR/clean-start" ]; then
    say "a clean start was asked for: $data is removed."
    rm -rf "$data"
    rm "$DATA_DIR/clean-start" # last: a start that was cut short is clean, too
  fi
  mkdir -p "$data"
}

client='' asked=''
helpers='' # what runs beside the client, by number

stop_client() {
  asked=yes
  [ -z "$client" ] || kill -TERM "$client" 2>/dev/null || :
}

stop_when_told() {
  until [ -e "$STOP_FILE" ]; do sleep 1; done
  kill -TERM $$
}

# run CLIENT...: until it ends. The script ends with 0 where the client was asked to end and did so in good order. Java
# tells of a signal even then.
run() {
  trap stop_client TERM INT
  if [ -n "$STOP_FILE" ]; then
    stop_when_told &
    helpers="$helpers $!"
  fi
  "$@" &
  client=$!
  [ -z "$asked" ] || stop_client
  code=0
  wait "$client" || code=$?
  while kill -0 "$client" 2>/dev/null; do # it was a signal that ended the wait
    code=0
    wait "$client" || code=$?
  done
  # shellcheck disable=SC2086 # a list of numbers
  [ -z "$helpers" ] || kill $helpers 2>/dev/null || :
  if [ -n "$asked" ] && { [ "$code" -eq 0 ] || [ "$code" -eq 143 ]; }; then
    [ -z "$STOP_FILE" ] || [ ! -e "$STOP_FILE" ] || : >"${STOP_FILE%/*}/stopped"
    exit 0
  fi
  exit "$code"
}
