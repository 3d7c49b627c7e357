#!/bin/sh
# Wallet balances need the L1 endpoint, whose URL is a secret, so that part of the configuration is written here, at start.
# They also need the MPC address from themis, which knows none until it has synced, and the exporter exits without it:
# until then wallets are left out, and tried again in an hour.
set -eu
: "${L1_RPC_URL:=}" "${L2_RPC_URL:=}" "${THEMIS_URL:=http://127.0.0.1:1317}"
CONFIG=${CONFIG:-/etc/exporter/config.yaml}
WORK=${WORK:-/run/exporter}

cp "$CONFIG" "$WORK/config.yaml"
set -- metis-sequencer-exporter -config "$WORK/config.yaml"
if [ -n "$L1_RPC_URL" ]; then
  if curl -fsS --max-time 10 -o /dev/null "$THEMIS_URL/mpc/latest/0"; then
    cat >>"$WORK/config.yaml" <<EOF
wallet:
  themis: "$THEMIS_URL"
  l2geth: "$L2_RPC_URL"
  l1geth: "$L1_RPC_URL"
EOF
  else
    echo "themis knows no MPC address yet: wallets are left out for an hour."
    set -- timeout 3600 "$@"
  fi
fi
exec "$@"
