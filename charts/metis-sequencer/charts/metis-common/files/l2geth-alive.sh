#!/bin/sh
# l2geth's liveness. Upstream's guide has autoheal beside is-l2geth-stalled. This fails where the process does not answer,
# and where its head stands still though nothing outside holds it up: it is not syncing, and l1dtl reaches L1. The time
# begins anew whenever one of these is otherwise. What fails on end is restarted by Kubernetes. What is remembered
# outlives the container, and not the pod.
#   l2geth-alive.sh STALLED_AFTER RESTARTS_AN_HOUR    in seconds, and at most
set -u
: "${LOCAL_L2_CLIENT_HTTP:?}" "${ROLLUP_CLIENT_HTTP:?}"
STALLED_AFTER=$1 RESTARTS_AN_HOUR=$2
MEMORY=${MEMORY:-/tmp/l2geth-alive}
# The container's first process, which is l2geth.
PROCESS=${PROCESS:-/proc/1}
now=$(date +%s)

get() { curl -fs --noproxy '*' -o /dev/null --max-time "$@"; }

ask() {
  curl -fs --noproxy '*' --max-time 3 -H 'Content-Type: application/json' \
    -d "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"$1\",\"params\":[]}" "$LOCAL_L2_CLIENT_HTTP" | tr -d '[:space:]'
}

is_number() { case $1 in '' | *[!0-9]*) return 1 ;; esac; }

# What was seen last of this very process. A dash is what was never answered.
recall() {
  process='' head=- syncing_then=- since='' sentenced=''
  [ ! -e "$MEMORY/state" ] || read -r process head syncing_then since sentenced <"$MEMORY/state" || :
  [ "$process" = "$started" ] && is_number "$since" && [ "$since" -le "$now" ] || process='' head=- syncing_then=-
}

# Renamed into its place: the probe may be killed at any moment. Where nothing can be kept, nothing is concluded.
keep() {
  mkdir -p "$MEMORY" && echo "$started $latest $syncing $*" >"$MEMORY/state.new" &&
    mv "$MEMORY/state.new" "$MEMORY/state" || exit 0
}

restarts_this_hour() {
  count=0
  [ ! -e "$MEMORY/restarts" ] || while read -r at; do
    ! is_number "$at" || [ "$at" -gt "$now" ] || [ $((now - at)) -ge 3600 ] || count=$((count + 1))
  done <"$MEMORY/restarts"
  echo "$count"
}

get 3 "$LOCAL_L2_CLIENT_HTTP" || { echo "l2geth does not answer"; exit 1; }

started=$(cut -d ' ' -f 22 "$PROCESS/stat")
recall
# An answer that does not come is the one that came last: a process that hangs stands still.
latest=$(ask eth_blockNumber | sed -n 's/.*"result":"\(0x[0-9a-f][0-9a-f]*\)".*/\1/p')
syncing=$(ask rollup_getInfo | sed -n 's/.*"syncing":\([a-z][a-z]*\).*/\1/p')
: "${latest:=$head}" "${syncing:=$syncing_then}"

if [ -z "$process" ] || [ "$latest" = - ] || [ "$latest" != "$head" ] || [ "$syncing" != false ]; then
  keep "$now"
  exit 0
fi
stands=$((now - since))
# L1 may cost money by the call: a head that has only just moved asks nobody.
[ "$stands" -ge 60 ] || exit 0
get 5 "$ROLLUP_CLIENT_HTTP/eth/context/latest" || { keep "$now"; exit 0; }
[ "$stands" -ge "$STALLED_AFTER" ] || exit 0

verdict="l2geth has stood at block $((latest)) for $stands s, though L1 answers: it is restarted"
if [ "$sentenced" != yes ]; then
  [ "$(restarts_this_hour)" -lt "$RESTARTS_AN_HOUR" ] || exit 0
  echo "$now" >>"$MEMORY/restarts" || exit 0
  keep "$since" yes
  # An event is gone in an hour. The log stays.
  echo "$verdict" >"$PROCESS/fd/1" || :
fi
echo "$verdict"
exit 1
