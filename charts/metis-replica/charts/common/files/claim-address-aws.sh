#!/bin/sh
# Claims the pod's elastic address for the node it runs on, before the chain process starts.
# The address moves in one call (--allow-reassociation): there is no moment without one when nothing has to change,
# and none between taking it from an old node and giving it to this one.
# Needs sh, curl and aws, as the official aws-cli image has them.
set -eu

: "${ADDRESS_ID:?}" "${PUBLIC_ADDRESS:?}" "${AWS_REGION:?}"
IMDS=${IMDS:-http://169.254.169.254}
ATTEMPTS=${ATTEMPTS:-60}
DELAY=${DELAY:-5}
# On the host network the CLI would else take the node's role from the metadata service, which may not move addresses.
export AWS_EC2_METADATA_DISABLED=true
export AWS_REGION AWS_PAGER='' AWS_DEFAULT_OUTPUT=text

fail() {
  echo "claim-address: $*" >&2
  exit 1
}

# Set by the Pod Identity webhook when the pod is admitted, or never: no waiting brings it.
[ -n "${AWS_CONTAINER_CREDENTIALS_FULL_URI:-}" ] ||
  fail "this pod was admitted without its identity: delete the pod so that it is admitted again."

ec2() {
  # The node's public address changes under the call that moves it: an answer may be lost, so never wait long for one.
  aws ec2 "$@" --cli-connect-timeout 10 --cli-read-timeout 20 2>"$errors"
}

metadata() {
  curl -fsS --max-time 5 -H "X-aws-ec2-metadata-token: $token" "$IMDS/latest/meta-data/$1"
}

errors=$(mktemp)
trap 'rm -f "$errors"' EXIT

token=$(curl -fsS --max-time 5 -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 300' "$IMDS/latest/api/token") ||
  fail "the instance metadata service at $IMDS gives no token, so this node's network interface is unknown."
if ! mac=$(metadata mac) || ! interface=$(metadata "network/interfaces/macs/$mac/interface-id"); then
  fail "the instance metadata service at $IMDS does not name this node's primary network interface."
fi

holder='' associated=no attempt=0
while [ "$attempt" -lt "$ATTEMPTS" ]; do
  attempt=$((attempt + 1))
  if found=$(ec2 describe-addresses --allocation-ids "$ADDRESS_ID" \
    --query 'Addresses[0].[PublicIp, NetworkInterfaceId]' --output text); then
    # shellcheck disable=SC2086 # two words, separated by a tab
    set -- $found
    [ "${1:-}" = "$PUBLIC_ADDRESS" ] ||
      fail "$ADDRESS_ID is the address ${1:-nothing}, but the chain advertises $PUBLIC_ADDRESS."
    holder=${2:-None}
    if [ "$holder" = "$interface" ]; then
      echo "claim-address: $PUBLIC_ADDRESS ($ADDRESS_ID) is on $interface."
      exit 0
    fi
    if [ "$associated" = no ]; then
      echo "claim-address: moving $PUBLIC_ADDRESS ($ADDRESS_ID) from $holder to $interface."
      if ec2 associate-address --allocation-id "$ADDRESS_ID" --network-interface-id "$interface" \
        --allow-reassociation >/dev/null; then
        associated=yes
      fi
    fi
  fi
  [ ! -s "$errors" ] || echo "claim-address: attempt $attempt: $(tr '\n' ' ' <"$errors")" >&2
  sleep "$DELAY"
done
fail "$PUBLIC_ADDRESS ($ADDRESS_ID) is still on ${holder:-an unknown interface} and not on $interface after $ATTEMPTS attempts."
