# Runs a node by Mantis. node.sh says what the chart sets.
# Mantis is where the image has it on PATH, or where sbt's native packager puts it.
# shellcheck source=node.sh
. "${0%/*}/node.sh"

PATH=$PATH:/opt/docker/bin

settle_data
cd "$CONFIG_DIR" # the configuration names the genesis by its file's name alone
[ -z "$KEY_FILE" ] || set -- "-Dmantis.node-key-file=$KEY_FILE" "$@"
run mantis "-Dconfig.file=$CONFIG_DIR/mantis.conf" "-Dmantis.datadir=$data" \
  "-Dmantis.keyStore.keystore-dir=$RUN_DIR/keystore" "-Dmantis.pow.ethash-dir=$DATA_DIR/ethash" \
  "-Dmantis.network.discovery.host=$ADVERTISED" "$@"
