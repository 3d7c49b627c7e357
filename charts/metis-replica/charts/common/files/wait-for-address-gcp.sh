#!/bin/sh
# Waits until this node has the address that the chain process will advertise; another pod claims it (claim-address-gcp.sh).
# On the host network this asks Compute Engine's own metadata server, by its address: no name has to be resolved.
# Needs sh and curl.
set -eu

: "${PUBLIC_ADDRESS:?}"
METADATA=${METADATA:-http://169.254.169.254/computeMetadata/v1}
RETRY=${RETRY:-5}
# Told to stop, it has not succeeded.
trap 'exit 143' TERM INT

# Fails while the node has no external address.
shown() {
  curl -fs --max-time 5 -H 'Metadata-Flavor: Google' \
    "$METADATA/instance/network-interfaces/0/access-configs/0/external-ip"
}

until node=$(shown) && [ "$node" = "$PUBLIC_ADDRESS" ]; do
  echo "wait-for-address: this node's external address is ${node:-unknown} and not yet $PUBLIC_ADDRESS."
  sleep "$RETRY" & wait "$!"
done
echo "wait-for-address: this node's external address is $PUBLIC_ADDRESS."
