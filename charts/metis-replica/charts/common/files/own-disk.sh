# The disk $DISK says of which network and process its data is, $OWNER: nothing starts on another's. A disk without the
# word is told so now: it is empty, or from before there was the word. A machine's boot does the same (disk.sh).
set -eu
marker=$DISK/.nodeyard/network
if [ -e "$marker" ]; then
  held=$(cat "$marker")
  if [ "$held" != "$OWNER" ]; then
    echo "the disk is of $held, and this is $OWNER: nothing was started" >&2
    exit 1
  fi
  exit 0
fi
mkdir -p -m 0700 "$DISK/.nodeyard"
# Renamed into its place: a half-written word would hold the process back for ever.
echo "$OWNER" >"$marker.new"
sync "$marker.new"
mv "$marker.new" "$marker"
