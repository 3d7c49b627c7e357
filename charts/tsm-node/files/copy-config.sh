# The mounted configuration belongs to root, and the node is another user: the node's group gets a copy in memory. The
# copy stays as it is while the pod lives, whatever the store has next.
set -eu
if [ ! -s "$SOURCE" ]; then
  echo "the configuration $SOURCE is missing or empty: nothing was started" >&2
  exit 1
fi
umask 0337
rm -f "$COPY.new"
# Not cp, which would give the copy no more than the mounted file's own mode: that of root alone.
cat "$SOURCE" >"$COPY.new"
mv -f "$COPY.new" "$COPY"
