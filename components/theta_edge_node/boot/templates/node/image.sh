#!/usr/bin/env bash
# Which image runs. Its reference is not in the user data: it is read from the cloud, so that a new version restarts the
# container and touches neither machine nor disk.
#   resolve  before a start: the image of now, or the last one when the cloud or the registry does not give it
#   update   by the timer: pull a new one while the old one runs, then restart
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
current=$STATE/image
mkdir -p "$STATE"

wanted() {
  local reference
  reference=$(cloud_image) || return
  if [[ ! $reference =~ ^[a-z0-9][a-z0-9._:/-]*@sha256:[0-9a-f]{64}$ ]]; then
    say "$IMAGE_SOURCE names no image by digest: '$reference'"
    return 1
  fi
  echo "$reference"
}

pull() {
  docker image inspect "$1" >/dev/null 2>&1 || docker pull --quiet "$1" >/dev/null
}

take() {
  pull "$1" && echo "$1" >"$current.new" && mv "$current.new" "$current"
}

case ${1:-} in
  resolve)
    if ! reference=$(wanted); then
      reason="$IMAGE_SOURCE cannot be read"
    elif ! take "$reference"; then
      reason="$reference cannot be pulled"
    else
      exit 0
    fi
    [ -s "$current" ] || fail "$reason, and no image ran here before"
    say "$reason: staying with $(cat "$current")"
    pull "$(cat "$current")" || fail "$(cat "$current") cannot be pulled either"
    ;;
  update)
    [ -s "$current" ] || exit 0 # not yet started for the first time
    reference=$(wanted) || fail "$IMAGE_SOURCE cannot be read: staying with $(cat "$current")"
    [ "$reference" != "$(cat "$current")" ] || exit 0
    take "$reference" || fail "$reference cannot be pulled: staying with $(cat "$current")"
    say "restarting with $reference"
    systemctl try-restart --no-block theta-edge-node.service
    ;;
  *) fail "usage: image resolve|update" ;;
esac
