#!/usr/bin/env bash
# The container, in the foreground of its unit, its output filtered before it reaches the journal.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

docker network inspect theta >/dev/null 2>&1 ||
  docker network create --driver bridge --subnet "$BRIDGE_CIDR" --opt com.docker.network.bridge.name=theta0 theta >/dev/null
docker rm --force --volumes theta-edge-node >/dev/null 2>&1 || true

# No restart policy: Docker would start the container at boot, before the disk, the rules and the password are there.
# No log driver: Docker would keep what the filter takes out.
# Strangers' code: no more capabilities than a program needs that starts as root, no way to get them back, neither all of
# the machine's processes nor, when memory is short, the lives of its services.
options=(
  --rm --name theta-edge-node --network theta --log-driver none
  --cap-drop ALL --cap-add CHOWN --cap-add DAC_OVERRIDE --cap-add FOWNER --cap-add SETGID --cap-add SETUID
  --security-opt no-new-privileges --pids-limit 16384 --oom-score-adj 500
  --env-file "$RUN/env" --env "EDGELAUNCHER_CONFIG_PATH=$CONFIG_PATH"
  --mount "type=bind,src=$MOUNT/edgelauncher,dst=$CONFIG_PATH"
)
addresses=(127.0.0.1)
if [ "$EXPOSE" = vpc ]; then
  addresses+=("$(ip -json -4 route get 1.1.1.1 | jq --exit-status --raw-output '.[0].prefsrc')")
fi
for address in "${addresses[@]}"; do
  for port in $PORTS; do options+=(--publish "$address:$port:$port"); done
done
for resolver in $RESOLVERS; do options+=(--dns "$resolver"); done
[ "$GPU" = no ] || options+=(--gpus all)
[ -z "$CONTAINER_USER" ] || options+=(--user "$CONTAINER_USER")
[ "$READ_ONLY_ROOT" = no ] || options+=(--read-only --tmpfs /tmp)

image=$(cat "$STATE/image")
say "starting $image"
docker run "${options[@]}" "$image" 2>&1 | python3 "$LIB/redact.py"
