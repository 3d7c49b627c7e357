#!/bin/sh
# Wallet balances need the L1 endpoint, whose URL is a secret, so that part of the configuration is written here, at start.
# They also need the MPC address, which the exporter asks themis for once, when it starts: before themis has synced that is
# an old one or none. Until then wallets are left out, and tried again in an hour.
set -eu
: "${L1_RPC_URL:=}" "${L2_RPC_URL:=}"
THEMIS_URL=http://127.0.0.1:1317
TENDERMINT_URL=http://127.0.0.1:26657
CONFIG=${CONFIG:-/etc/exporter/config.yaml}
WORK=${WORK:-/run/exporter}

ask() { curl -fsS --max-time 10 "$1"; }

cp "$CONFIG" "$WORK/config.yaml"
set -- metis-sequencer-exporter -config "$WORK/config.yaml"
if [ -n "$L1_RPC_URL" ]; then
  if ask "$TENDERMINT_URL/status" | grep -q '"catching_up": *false' &&
    ask "$THEMIS_URL/mpc/latest/0" | grep -q '"mpc_address": *"0x0*[1-9a-fA-F]'; then
    cat >>"$WORK/config.yaml" <<EOF
wallet:
  themis: "$THEMIS_URL"
  l2geth: "$L2_RPC_URL"
  l1geth: "$L1_RPC_URL"
EOF
  else
    echo "themis has not synced, or knows no MPC address: wallets are left out for an hour."
    set -- timeout 3600 "$@"
  fi
fi
exec "$@"
