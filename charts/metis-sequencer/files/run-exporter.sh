#!/bin/sh
# Wallet balances need the L1 endpoint, whose URL is a secret, so that part of the configuration is written here, at start.
# Those of the MPC addresses also need these addresses, which the exporter asks themis for once, when it starts: before
# themis has synced they are old ones or none. Until then they are left out, and tried again in an hour. The sequencer's
# own address is known before.
set -eu
: "${L1_RPC_URL:=}" "${L2_RPC_URL:=}" "${SEQ_ADDRESS:=}"
THEMIS_URL=http://127.0.0.1:1317
TENDERMINT_URL=http://127.0.0.1:26657
CONFIG=${CONFIG:-/etc/exporter/config.yaml}
WORK=${WORK:-/run/exporter}

ask() { curl -fsS --max-time 10 "$1"; }

cp "$CONFIG" "$WORK/config.yaml"
set -- metis-sequencer-exporter -config "$WORK/config.yaml"
if [ -n "$L1_RPC_URL" ]; then
  cat >>"$WORK/config.yaml" <<EOT
wallet:
  l2geth: "$L2_RPC_URL"
  l1geth: "$L1_RPC_URL"
EOT
  if [ -n "$SEQ_ADDRESS" ]; then
    cat >>"$WORK/config.yaml" <<EOT
  wallets: {sequencer: "$SEQ_ADDRESS"}
  l2_wallets: {sequencer: "$SEQ_ADDRESS"}
EOT
  fi
  if ask "$TENDERMINT_URL/status" | grep -q '"catching_up": *false' &&
    ask "$THEMIS_URL/mpc/latest/0" | grep -q '"mpc_address": *"0x0*[1-9a-fA-F]'; then
    echo "  themis: \"$THEMIS_URL\"" >>"$WORK/config.yaml"
  else
    echo "themis has not synced, or knows no MPC address: these wallets are left out for an hour."
    set -- timeout 3600 "$@"
  fi
fi
exec "$@"
