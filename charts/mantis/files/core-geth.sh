# Runs a node by core-geth, or by go-ethereum. node.sh says what the chart sets.
# A miner's account is in memory alone, with a password that nobody knows: the disk, and what is backed up of it, never
# has the key.
# shellcheck source=node.sh
. "${0%/*}/node.sh"

account=$RUN_DIR/account
socket=$RUN_DIR/geth.ipc
most_seconds=60 # that a miner waits for others: it may be the only one that is left

import_key() {
  rm -rf "$account" # of a container that ran before this one
  mkdir -p "$account"
  head -c 32 /dev/urandom | od -An -v -tx1 | tr -d ' \n' >"$account/password"
  geth account import --lightkdf --datadir "$account" --password "$account/password" "$KEY_FILE" >/dev/null
}

# Miners that begin alone begin a chain each, and it takes a while until one of them wins.
mine() {
  others=$(cat "$CONFIG_DIR/peers-before-mining")
  wait_for_others="for (var second = 0; second < $most_seconds && net.peerCount < $others; second++) admin.sleep(1)"
  until geth attach --datadir "$RUN_DIR/console" --exec "$wait_for_others; miner.start(1)" "$socket" >/dev/null 2>&1; do
    sleep 1
  done
}

settle_data
if [ ! -e "$data/.initialised" ]; then
  geth --datadir "$data" init "$CONFIG_DIR/genesis.json"
  : >"$data/.initialised" # geth itself would begin Ethereum's main network in a directory that it had not finished
fi
if [ -n "$KEY_FILE" ]; then
  import_key
  set -- --nodekey "$KEY_FILE" --password "$account/password" "$@"
  mine &
  helpers=$!
fi
run geth --config "$CONFIG_DIR/config.toml" --datadir "$data" --keystore "$account/keystore" --ipcpath "$socket" \
  --ethash.dagdir "$DATA_DIR/ethash" --nat "extip:$ADVERTISED" "$@"
