# Waits until the pod's NetworkPolicy holds: until what it forbids answers no more, while what it allows does. A cluster's
# network may let a new pod go anywhere until it has worked out the pod's policies: EKS' does ("standard mode").
# $FORBIDDEN is an address that answers everywhere where nothing forbids it, $ALLOWED are some that the policy leaves open.
# Needs sh and curl.
set -eu

: "${FORBIDDEN:?}" "${ALLOWED:?}"
RETRY=${RETRY:-1}
# Told to stop, it has not succeeded.
trap 'exit 143' TERM INT

# A connection was made, whatever was said on it.
connects() { # HOST:PORT
  took=$(curl --silent --output /dev/null --noproxy '*' --connect-timeout 2 --max-time 3 --write-out '%{time_connect}' \
    "http://$1/") || :
  case $took in
    *[1-9]*) return 0 ;;
    *) return 1 ;;
  esac
}

any_allowed() {
  for address in $ALLOWED; do
    if connects "$address"; then return 0; fi
  done
  return 1
}

# Three times in a row: a single lost packet is no policy.
held=0
while [ "$held" -lt 3 ]; do
  if connects "$FORBIDDEN"; then
    held=0
    echo "wait-until-fenced: $FORBIDDEN answers: the NetworkPolicy does not hold yet, and nothing is started"
  elif any_allowed; then
    held=$((held + 1))
  else
    held=0
    echo "wait-until-fenced: none of $ALLOWED answers: the pod has no network yet, and nothing is started"
  fi
  sleep "$RETRY" & wait "$!"
done
echo "wait-until-fenced: $FORBIDDEN does not answer, as the NetworkPolicy says"
