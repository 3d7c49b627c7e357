# The mounted files $FILES of $SOURCE belong to root, and the process is another user: its group gets copies in memory, in
# $COPIES. They stay as they are while the pod lives, whatever the store has next.
set -eu
umask 0337
for file in $FILES; do
  mounted=$SOURCE/$file
  copy=$COPIES/$file
  if [ ! -s "$mounted" ]; then
    echo "the secret $mounted is missing or empty: nothing was started" >&2
    exit 1
  fi
  rm -f "$copy.new"
  # Not cp, which would give the copy no more than the mounted file's own mode: that of root alone.
  cat "$mounted" >"$copy.new"
  mv -f "$copy.new" "$copy"
done
