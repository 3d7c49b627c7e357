#!/usr/bin/env bash
# Mounts the data disk, and formats it only when it is certainly empty. Safe to run again at any time.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

SCAN=$((256 << 20))

find_device() {
  local path
  for path in $DISK_PATHS; do
    if [ -b "$path" ]; then
      readlink -f "$path"
      return
    fi
  done
  return 1
}

wait_for_device() {
  local attempt
  for attempt in $(seq "${ATTEMPTS:-60}"); do
    find_device && return
    [ $((attempt % 6)) -ne 1 ] || say "waiting for the data disk at $DISK_PATHS"
    sleep 5
  done
  fail "no data disk at $DISK_PATHS"
}

# blkid answers 2 both for nothing found and for what it cannot read: reading comes first, in `format_if_empty`.
found_on() {
  local found status=0
  found=$(blkid --probe --match-tag "$2" --output value "$1") || status=$?
  case $status in
    0) echo "$found" ;;
    2) ;;
    *) fail "$1 cannot be identified (blkid: $status): nothing was changed" ;;
  esac
}

format_if_empty() {
  local device=$1 filesystem table size
  head --bytes=1M "$device" >/dev/null || fail "$device cannot be read: nothing was changed"
  filesystem=$(found_on "$device" TYPE)
  table=$(found_on "$device" PTTYPE)
  [ -z "$table" ] || fail "$device has a partition table ($table), so it is not ours: nothing was changed"
  [ "$filesystem" != ext4 ] || return 0
  [ -z "$filesystem" ] || fail "$device has a $filesystem filesystem, so it is not ours: nothing was changed"
  # A damaged filesystem is no empty disk: a new one begins with zeros, to beyond ext4's first copy of its superblock.
  size=$(blockdev --getsize64 "$device")
  cmp --quiet --bytes=$((size < SCAN ? size : SCAN)) "$device" /dev/zero ||
    fail "$device has no filesystem and is not empty: nothing was changed. Look at it before you wipe it (wipefs, dd)"
  say "$device is empty: making a filesystem"
  mkfs.ext4 -q -L theta-data "$device"
}

# A disk restored from a snapshot has the same UUID: with both here, nobody could say which one a mount would take.
only_one_with() {
  local twins
  twins=$(blkid --cache-file /dev/null --match-token "UUID=$1" --output device | xargs -r readlink -f | sort -u)
  [ "$twins" = "$2" ] || fail "the UUID $1 is on more than one disk (${twins//$'\n'/, }): detach the copy"
}

check_filesystem() {
  local status=0
  e2fsck -p "${@:2}" "$1" >&2 || status=$?
  # 1: errors were corrected.
  [ "$status" -le 1 ] || fail "the filesystem on $1 needs repair by hand (e2fsck: $status): not mounted"
}

# Does nothing unless the disk has grown by more than what ext4 leaves unused at its end: not mounted, the filesystem
# wants a full check first, which no ordinary start should take.
grow() {
  local size
  size=$(dumpe2fs -h "$1" 2>/dev/null | awk -F: '/^Block (count|size):/ { n = (n ? n : 1) * $2 } END { printf "%.0f", n }')
  [ $(($(blockdev --getsize64 "$1") - size)) -gt $((32 << 20)) ] || return 0
  [ -n "$mounted" ] || check_filesystem "$1" -f
  resize2fs "$1" >/dev/null || say "the filesystem on $1 could not grow with its disk (resize2fs $1)"
}

cloud_attach
device=$(wait_for_device)
mounted=$(findmnt --noheadings --output SOURCE --mountpoint "$MOUNT" || true)
if [ -n "$mounted" ]; then
  [ "$(readlink -f "$mounted")" = "$device" ] || fail "$MOUNT is $mounted, not the data disk $device"
  grow "$device"
else
  format_if_empty "$device"
  uuid=$(blkid --probe --match-tag UUID --output value "$device")
  only_one_with "$uuid" "$device"
  check_filesystem "$device"
  grow "$device"
  mkdir -p "$MOUNT"
  mount --types ext4 --options nodev,nosuid,noatime "UUID=$uuid" "$MOUNT"
fi

# The disk says whose it is: no node starts on another network's key. A disk without the word is told so now.
marker="$MOUNT/.nodeyard/network"
if [ -e "$marker" ]; then
  [ "$(cat "$marker")" = "$NETWORK" ] || fail "the disk is of the network $(cat "$marker"), and the node of $NETWORK: nothing was started"
fi

if [ ! -d "$MOUNT/edgelauncher" ]; then
  mkdir "$MOUNT/edgelauncher"
  [ -z "$CONTAINER_USER" ] || chown "$CONTAINER_USER" "$MOUNT/edgelauncher"
fi
install --directory --mode 0700 "$MOUNT/.nodeyard"
# Renamed into its place: a half-written word would hold the node back for ever.
if [ ! -e "$marker" ]; then
  echo "$NETWORK" >"$marker.new"
  mv "$marker.new" "$marker"
fi
say "$device is mounted on $MOUNT"
