#!/usr/bin/env bash
# What every script of the node begins with: its settings, its cloud, and how it speaks.
set -euo pipefail

ETC=${NODEYARD_ETC:-/etc/nodeyard}
LIB=${NODEYARD_LIB:-/usr/local/lib/nodeyard}
export RUN=${NODEYARD_RUN:-/run/theta-edge-node}
export STATE=${NODEYARD_STATE:-/var/lib/nodeyard}
# systemd gives root's services none, and snap, gpg and docker look for it.
export HOME=${HOME:-/root}
set -a
# shellcheck source=/dev/null
. "$ETC/theta.env"
set +a

say() { echo "theta-edge-node: $*" >&2; }

fail() {
  say "$*"
  exit 1
}

# shellcheck source=/dev/null
. "$LIB/cloud.sh"
