#!/bin/sh
# Claims a reserved external address for the node that this pod runs on, and sees to it that the node keeps it.
# A node's interface has one access config and so one external address: what is there goes before the reserved one comes.
# In between the node has none, so only what must be is done in between. Every step starts from what Compute Engine says
# now, so that a lost answer, a restart or a second run does no harm. `$HELD` is there while the node holds the address.
# Needs sh, coreutils, curl and gcloud, as the official google-cloud-cli image has them. It is not on the host network:
# gcloud takes the identity of the pod's service account from GKE's metadata server.
set -eu

: "${ADDRESS_ID:?}" "${PUBLIC_ADDRESS:?}" "${NODE_NAME:?}" "${CLOUDSDK_CORE_PROJECT:?}" "${REGION:?}"
METADATA=${METADATA:-http://169.254.169.254/computeMetadata/v1}
HELD=${HELD:-/tmp/held}
RETRY=${RETRY:-5}
INTERVAL=${INTERVAL:-60}
export CLOUDSDK_CORE_PROJECT CLOUDSDK_CORE_DISABLE_PROMPTS=1
tab=$(printf '\t')

say() {
  echo "claim-address: $*"
}

fail() {
  say "$*" >&2
  exit 1
}

# The only place where it stops when it is told to: never between taking one address off and putting the other on.
stopping=''
trap 'stopping=yes' TERM INT
pause() {
  [ -n "$stopping" ] || { sleep "$1" & wait "$!" || :; }
  [ -z "$stopping" ] || exit 0
}

errors=$(mktemp)
trap 'rm -f "$errors" "$HELD"' EXIT

compute() {
  # The node's address changes under the calls that move it: an answer may be lost, so never wait long for one.
  timeout 120 gcloud compute "$@" 2>"$errors" && return
  say "gcloud compute $1 $2 $3: $(tr '\n' ' ' <"$errors")" >&2
  return 1
}

# Sets `shown` and `config`: the external address of an instance, and the name of the access config that holds it.
look() {
  found=$(compute instances describe "$1" --zone "$2" \
    --format 'value(networkInterfaces[0].accessConfigs[0].natIP,networkInterfaces[0].accessConfigs[0].name)') || return 1
  shown=${found%%"$tab"*}
  config=${found#*"$tab"}
}

# Sets `tier` and `holder`: the reserved address's network tier, and the link of what holds it.
look_up() {
  found=$(compute addresses describe "$ADDRESS_ID" --region "$REGION" --format 'value(address,networkTier,users)') ||
    return 1
  # shellcheck disable=SC2086 # three words, separated by tabs, the last of which may be missing
  set -- $found
  [ "${1:-}" = "$PUBLIC_ADDRESS" ] ||
    fail "$ADDRESS_ID is the address ${1:-nothing}, but the chain advertises $PUBLIC_ADDRESS."
  tier=${2:-PREMIUM}
  holder=${3:-}
}

take_off() {
  say "taking ${shown:-an access config without an address} off $1."
  compute instances delete-access-config "$1" --zone "$2" --access-config-name "$config" >/dev/null
}

# Sees to it that nothing holds the reserved address any more.
release() {
  case $holder in
  '') ;;
  */zones/"$zone"/instances/"$NODE_NAME")
    say "$PUBLIC_ADDRESS is on its way to $NODE_NAME, or off it."
    return 1
    ;;
  */zones/*/instances/*)
    # Once it has been here, whoever moved it away had a reason: two claimants must not take it from each other for ever.
    if [ -n "$had" ]; then
      say "$PUBLIC_ADDRESS has been moved to ${holder##*/}; delete this pod to bring it back." >&2
      return 1
    fi
    release_from "${holder##*/}" "$(basename "${holder%/instances/*}")"
    ;;
  *)
    say "$PUBLIC_ADDRESS is held by $holder, which is no instance: take it off there." >&2
    return 1
    ;;
  esac
}

# An old node of the same pool, as a rule.
release_from() {
  look "$1" "$2" || return 1
  # Otherwise it has let go in the meantime.
  [ "$shown" != "$PUBLIC_ADDRESS" ] || take_off "$1" "$2"
}

claim() {
  look "$NODE_NAME" "$zone" || return 1
  [ "$shown" != "$PUBLIC_ADDRESS" ] || return 0
  rm -f "$HELD"
  look_up || return 1
  release || return 1
  look "$NODE_NAME" "$zone" || return 1
  # Whether this was done or only its answer was lost, what follows says.
  [ -z "$config" ] || take_off "$NODE_NAME" "$zone" || :
  say "putting $PUBLIC_ADDRESS ($ADDRESS_ID) on $NODE_NAME."
  compute instances add-access-config "$NODE_NAME" --zone "$zone" --access-config-name "${config:-external-nat}" \
    --address "$PUBLIC_ADDRESS" --network-tier "$tier" >/dev/null || :
  look "$NODE_NAME" "$zone" && [ "$shown" = "$PUBLIC_ADDRESS" ]
}

rm -f "$HELD"
# GKE's metadata server needs some seconds to know a new pod.
until zone=$(curl -fsS --max-time 5 -H 'Metadata-Flavor: Google' "$METADATA/instance/zone"); do
  say "waiting for the metadata server to name this node's zone."
  pause "$RETRY"
done
zone=${zone##*/}

had=''
while :; do
  if claim; then
    [ -e "$HELD" ] || say "$PUBLIC_ADDRESS ($ADDRESS_ID) is on $NODE_NAME."
    : >"$HELD"
    had=yes
    pause "$INTERVAL"
  else
    pause "$RETRY"
  fi
done
