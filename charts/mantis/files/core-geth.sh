# Runs a node by core-geth, or by go-ethereum. node.sh says what the chart sets.
# A miner's account is in memory alone, with a password that nobody knows: the disk, and what is backed up of it, never
# has the key.
# shellcheck source=node.sh
. "${0%/*}/node.sh"

account=$RUN_DIR/account
socket=$RUN_DIR/geth.ipc

import_key() {
  rm -rf "$account"
  mkdir -p "$account"
  head -c 32 /dev/urandom | od -An -v -tx1 | tr -d ' \n' >"$account/password"
  geth account import --lightkdf --datadir "$account" --password "$account/password" "$KEY_FILE" >/dev/null
}

# What the console runs. Miners that begin alone begin a chain each, and it takes a while until one of them wins; but a
# miner may be the only one that is left, so it waits for a minute at most. One that begins before its account is
# unlocked fails to seal its block, and tries no other until somebody else has made one: perhaps never.
begin_mining='
  for (var second = 0; second < 60 && net.peerCount < others; second++) admin.sleep(1);
  for (var locked = true; locked; ) try {
    eth.sign(eth.coinbase, "0x00");
    locked = false;
  } catch (refused) {
    if (String(refused).indexOf("authentication needed") < 0) throw refused;
    admin.sleep(1);
  }
  miner.start(1);'

mine() {
  others=$(cat "$CONFIG_DIR/peers-before-mining")
  told="var others = $others; $begin_mining"
  # The socket first: a console takes more of a processor than a look.
  until [ -S "$socket" ] && geth attach --datadir "$RUN_DIR/console" --exec "$told" "$socket" >/dev/null; do
    sleep 1
  done
}

settle_data
if [ ! -e "$data/.initialised" ]; then
  geth --datadir "$data" init "$CONFIG_DIR/genesis.json"
  : >"$data/.initialised" # geth itself would begin Ethereum's main network in a directory that it had not finished
fi
rm -f "$socket" # of a container that ran before this one in its pod
if [ -n "$KEY_FILE" ]; then
  import_key
  set -- --nodekey "$KEY_FILE" --password "$account/password" "$@"
  mine &
  helpers=$!
fi
run geth --config "$CONFIG_DIR/config.toml" --datadir "$data" --keystore "$account/keystore" --ipcpath "$socket" \
  --ethash.dagdir "$DATA_DIR/ethash" --nat "extip:$ADVERTISED" "$@"
