#!/bin/sh
# l2geth's readiness where it answers callers: its newest block is fresh. A process that answers with yesterday's chain is
# worse than none.
#   l2geth-fresh.sh MOST    in seconds
set -u
: "${LOCAL_L2_CLIENT_HTTP:?}"
MOST=$1

block=$(curl -fs --noproxy '*' --max-time 4 -H 'Content-Type: application/json' \
  -d '{"jsonrpc":"2.0","id":1,"method":"eth_getBlockByNumber","params":["latest",false]}' "$LOCAL_L2_CLIENT_HTTP")
made=$(printf '%s' "$block" | tr -d '[:space:]' | sed -n 's/.*"timestamp":"\(0x[0-9a-f]\{1,15\}\)".*/\1/p')
[ -n "$made" ] || { echo "l2geth does not tell its newest block"; exit 1; }
age=$(($(date +%s) - $((made))))
[ "$age" -le "$MOST" ] || { echo "l2geth's newest block is $age s old"; exit 1; }
