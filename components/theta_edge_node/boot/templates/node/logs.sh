#!/usr/bin/env bash
# The journal of the node's units and of cloud-init, filtered once more, into the one file that the cloud's agent reads.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
log=${NODEYARD_LOG:-/var/log/theta-edge-node/node.log}

# After a restart of this unit: from where the file ends, rotated or not. Of the first second some lines come twice, none
# is lost.
since=(--boot)
[ ! -e "$log" ] || since=(--since "@$(stat --format %Y "$log")")
# By name: of a pattern journalctl takes only what the journal knows when it starts, and at the first boot that is nothing.
units=()
for unit in theta-{edge-node,ready,image,metrics,spot,agent,logs} cloud-{init,init-main,init-network,config,final}; do
  units+=(--unit "$unit.service")
done
journalctl --follow --no-tail --output short-iso "${since[@]}" "${units[@]}" | python3 "$LIB/redact.py" >>"$log"
