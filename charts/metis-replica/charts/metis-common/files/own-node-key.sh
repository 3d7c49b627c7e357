# The disk $DISK of l2geth has the key by which a node is known among its peers, and a disk that was made from a snapshot
# has that of another node: two of one name keep each other from their peers. What is not $OWNER's goes, and geth makes
# another. Needs sh and coreutils.
set -eu

: "${DISK:?}" "${OWNER:?}"
marker=$DISK/.nodeyard/node-key-of
[ "$(cat "$marker" 2>/dev/null)" != "$OWNER" ] || exit 0
rm -f "$DISK/geth/nodekey"
mkdir -p -m 0700 "$DISK/.nodeyard"
# Renamed into its place: killed in between, this is done again.
echo "$OWNER" >"$marker.new"
sync "$marker.new"
mv "$marker.new" "$marker"
