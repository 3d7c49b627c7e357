#!/usr/bin/env bash
# Everything between a mounted disk and the container: password, identity, image. Nothing here prints the password, puts
# it into an argument or writes it anywhere but into $RUN, which is root's and in memory.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
umask 077
mkdir -p "$RUN" "$STATE"
rm -f "$RUN/env" "$RUN/refused"

# Until the secret has a value: an empty password would make a new identity on the disk.
fetch_password() {
  local reason=$RUN/reason waited=0
  while true; do
    if cloud_secret >"$RUN/secret" 2>"$reason" && grep -q '[^[:space:]]' "$RUN/secret"; then
      rm -f "$reason" "$RUN/waiting"
      return
    fi
    touch "$RUN/waiting"
    if [ $((waited % 10)) -eq 0 ]; then
      say "waiting: the secret $SECRET has no value that this machine can read. $(tr '\n' ' ' <"$reason")"
    fi
    waited=$((waited + 1))
    sleep 30
  done
}

mountpoint --quiet "$MOUNT" || fail "the data disk is not mounted on $MOUNT"
nft list chain inet nodeyard from_container >/dev/null || fail "the firewall's rules are not loaded"
fetch_password
python3 "$LIB/identity.py" check
# Docker's own form: NAME=value to the end of the line, nothing quoted. Upstream's image takes the password only so, and
# while the container lives Docker keeps its variables in files of its own, root's, on the encrypted root disk.
{ printf 'PASSWORD='; cat "$RUN/password"; echo; } >"$RUN/env"
"$LIB/image.sh" resolve
