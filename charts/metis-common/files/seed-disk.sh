# Fills the empty disk $DISK with the archive at $URL, whose SHA-256 is $SHA256, and which has $HOLDS in it. That happens
# once: a disk that has data is left as it is. The download goes on where it was cut off, whatever cut it off. The archive
# is checked before it is unpacked, and what was unpacked is moved into its place when there is all of it.
# The disk has room for the archive and for what is in it. Needs sh, coreutils, curl, tar and gzip.
set -eu

: "${DISK:?}" "${URL:?}" "${SHA256:?}" "${HOLDS:?}"
RETRY=${RETRY:-10}
work=$DISK/.nodeyard/seed
filled=$DISK/.nodeyard/seeded

say() { echo "seed-disk: $*"; }
fail() {
  say "$*" >&2
  exit 1
}

# put FILE: standard input becomes FILE, whole or not at all
put() {
  cat >"$1.new"
  sync "$1.new"
  mv "$1.new" "$1"
}

# What else is there is the file system's own, or ours.
has_data() { [ -n "$(find "$DISK" -mindepth 1 -maxdepth 1 ! -name lost+found ! -name .nodeyard | head -n 1)" ]; }

# Without its query, which may hold a password.
shown=${URL%%\?*}

settle() {
  for entry in "$work"/data/* "$work"/data/.[!.]*; do
    [ ! -e "$entry" ] || mv "$entry" "$DISK/"
  done
  # Each node has an identity of its own among its peers, and makes it.
  rm -f "$DISK/geth/nodekey"
  echo "$SHA256" | put "$filled"
  rm -rf "$work"
  say "the disk was filled from $shown."
}

download() {
  until curl --fail --silent --show-error --location --proto '=https' --proto-redir '=https' --connect-timeout 30 \
    --speed-limit 1024 --speed-time 120 --continue-at - --output "$work/archive" "$URL"; do
    case $? in
    # The server's word. It refuses to go on, too, where there is nothing left to fetch.
    22)
      ! is_the_one || return 0
      fail "the server refuses $shown."
      ;;
    23) fail "the disk has no room for the archive at $shown: make it larger." ;;
    # It cannot go on in the middle.
    33) rm -f "$work/archive" ;;
    esac
    say "the download of $shown was cut off: it goes on in $RETRY s."
    sleep "$RETRY"
  done
}

is_the_one() { [ -e "$work/archive" ] && [ "$(sha256sum <"$work/archive" | cut -d' ' -f1)" = "$SHA256" ]; }

unpack() {
  rm -rf "$work/data"
  mkdir "$work/data"
  case $shown in
  *.tar) tar -C "$work/data" -xf "$work/archive" ;;
  *) tar -C "$work/data" -xzf "$work/archive" ;;
  esac || fail "the archive at $shown could not be unpacked: the disk must have room for it and for what is in it."
  [ -e "$work/data/$HOLDS" ] ||
    fail "the archive at $shown has no $HOLDS: it is not of the directory that this process keeps its data in."
}

if [ -e "$filled" ]; then
  [ "$(cat "$filled")" = "$SHA256" ] || say "the disk was filled from another archive before: it is left as it is."
  rm -rf "$work"
  exit 0
fi
if [ -e "$work/unpacked" ]; then
  settle
  exit 0
fi
if has_data; then
  say "the disk has data: it is left as it is."
  exit 0
fi
mkdir -p "$work"
# Another archive was asked for before.
if [ "$(cat "$work/of" 2>/dev/null)" != "$SHA256" ]; then
  rm -rf "$work"
  mkdir "$work"
  echo "$SHA256" | put "$work/of"
fi
# Hundreds of GiB are not fetched again for the same refusal.
[ ! -e "$work/refused" ] || fail "$(cat "$work/refused")"
if [ ! -e "$work/checked" ]; then
  say "fetching $shown."
  [ -e "$work/fetched" ] || download
  : | put "$work/fetched"
  say "checking it."
  if ! is_the_one; then
    rm -f "$work/archive" "$work/fetched"
    echo "the archive at $shown has another SHA-256 than $SHA256: it is refused. Give the right digest, or another URL." |
      put "$work/refused"
    fail "$(cat "$work/refused")"
  fi
  : | put "$work/checked"
fi
say "unpacking it."
unpack
rm -f "$work/archive"
: | put "$work/unpacked"
settle
