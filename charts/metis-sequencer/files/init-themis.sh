#!/bin/sh
# Makes themis's home ready: configuration is renewed at every start, keys and signing state never are.
# The signing state is what keeps this validator from signing twice and being slashed. Only two things write it here:
#   bootstrap  height 0, on a volume that has never held the key, when the operator says that the key ran nowhere yet;
#   resume     a height the operator gives for this one volume, above the chain's head, when this is not the volume that
#              signed last. Tendermint then signs from this height on.
# A file is written beside its place, flushed and renamed, so that a stop half-way leaves the old one or the new one.
# Needs sh, coreutils and curl, as the themis image has them.
set -eu
umask 077

HOME_DIR=${HOME_DIR:-/var/lib/themis}
CONFIG_DIR=${CONFIG_DIR:-/etc/themis}
SECRETS_DIR=${SECRETS_DIR:-/run/secrets/themis}
: "${VOLUME_ID:?}" "${GENESIS_SHA256:?}" "${GENESIS_URL:?}"
: "${BOOTSTRAP:=false}" "${RESUME_AT_HEIGHT:=0}" "${RESUME_VOLUME:=}" "${KEY_RAN_NOWHERE_ELSE:=false}"
: "${NODE_KEY:=node_key.json}" "${VALIDATOR_KEY:=priv_validator_key.json}"
: "${PERSISTENT_PEERS:=persistent_peers}" "${GENESIS:=genesis.json}"

config=$HOME_DIR/config
data=$HOME_DIR/data
state=$data/priv_validator_state.json
volume_record=$data/.nodeyard-volume-id # line 1: the volume that signs; line 2: the height it was resumed at, if it was

say() { echo "init-themis: $*"; }
fail() {
  echo "init-themis: $*" >&2
  exit 1
}

# put FILE: standard input becomes FILE, whole or not at all
put() {
  cat >"$1.nodeyard-tmp"
  sync "$1.nodeyard-tmp"
  mv -f "$1.nodeyard-tmp" "$1"
  sync "$(dirname "$1")"
}

digest() { sha256sum <"$1" | cut -d' ' -f1; }

# A key put into the secret store again may gain or lose a newline: that does not make it another key.
key_digest() { tr -d '[:space:]' <"$1" | sha256sum; }

# --- keys: checked before anything is written -----------------------------------------------------------------------

check_key() { # SECRET FILE
  grep -q '"priv_key"' "$SECRETS_DIR/$1" 2>/dev/null ||
    fail "the secret $1 holds no key: put the file that \`themisd init\` made into the secret store."
  if [ -e "$2" ] && [ "$(key_digest "$SECRETS_DIR/$1")" != "$(key_digest "$2")" ]; then
    fail "the volume $VOLUME_ID holds another ${2##*/} than the secret $1: attach the volume of this key, or put its key into the secret."
  fi
}

keep_key() { # SECRET FILE
  [ -e "$2" ] || put "$2" <"$SECRETS_DIR/$1"
  chmod 0600 "$2"
}

# --- signing state --------------------------------------------------------------------------------------------------

state_height() { # empty when there is no state that can be read
  [ ! -f "$state" ] || sed -n 's/.*"height"[[:space:]]*:[[:space:]]*"\{0,1\}\([0-9]\{1,\}\)"\{0,1\}.*/\1/p' "$state" | head -n 1
}

# At round 0 and step 0 nothing is signed yet at the height itself: Tendermint may sign from this height on, never below.
write_state() { printf '{\n  "height": "%s",\n  "round": "0",\n  "step": 0\n}\n' "$1" | put "$state"; }

# A volume is unused when it has neither the validator's key nor any chain data; our own record of its id does not count.
unused() {
  [ ! -e "$config/priv_validator_key.json" ] &&
    [ -z "$(find "$data" -mindepth 1 ! -name "${volume_record##*/}" ! -name '*.nodeyard-tmp' | head -n 1)" ]
}

# resume WHY: writes the operator's height, or stops with WHY
resume() {
  [ "$RESUME_AT_HEIGHT" -gt 0 ] && [ "$KEY_RAN_NOWHERE_ELSE" = true ] || fail "$1"
  # A height left in the config is not for the empty disk of a later day, when the key has signed above it.
  [ "$RESUME_VOLUME" = "$VOLUME_ID" ] ||
    fail "signingState.resumeAtHeight $RESUME_AT_HEIGHT is for the volume in signingState.volume, '$RESUME_VOLUME', and not for this one, $VOLUME_ID: attach the volume that signed last, or, once sure that the key runs nowhere else, $new_height."
  [ "$RESUME_AT_HEIGHT" -gt "$used_height" ] ||
    fail "signingState.resumeAtHeight $RESUME_AT_HEIGHT was already used on this volume's data: once sure that the key runs nowhere else, $new_height."
  # Equal is our own doing, stopped half-way, as long as nothing was signed there.
  [ -z "$height" ] || [ "$RESUME_AT_HEIGHT" -gt "$height" ] ||
    { [ "$RESUME_AT_HEIGHT" -eq "$height" ] && ! grep -q '"signature"' "$state"; } ||
    fail "signingState.resumeAtHeight $RESUME_AT_HEIGHT is not above height $height, which this key has already signed: once sure that the key runs nowhere else, $new_height."
  [ ! -e "$state" ] || cp "$state" "$state.$(date -u +%Y%m%dT%H%M%SZ).bak"
  # The state first: stopped in between, the next start finds a foreign volume and does this again.
  write_state "$RESUME_AT_HEIGHT"
  printf '%s\nresumed-at %s\n' "$VOLUME_ID" "$RESUME_AT_HEIGHT" | put "$volume_record"
  say "the validator signs again from this height on: $RESUME_AT_HEIGHT, on volume $VOLUME_ID."
}

settle_signing_state() {
  height=$(state_height)
  recorded='' used_height=0
  if [ -f "$volume_record" ]; then
    recorded=$(sed -n 1p "$volume_record")
    used_height=$(sed -n 's/^resumed-at //p' "$volume_record")
    : "${used_height:=0}"
  fi
  new_height="set signingState.resumeAtHeight to a height above the chain's head of today, to sign from this height on, signingState.volume: $VOLUME_ID and signingState.keyRanNowhereElse: true"

  if [ -n "$height" ] && [ "$recorded" = "$VOLUME_ID" ]; then
    [ "$BOOTSTRAP" != true ] ||
      say 'signingState.bootstrap is still true and does nothing here: take it out, so that no new volume is ever bootstrapped by mistake.'
  elif [ -n "$height" ]; then
    resume "the signing state on volume $VOLUME_ID was kept on ${recorded:-a volume nobody recorded}, so it may be older than what this key has signed: attach the volume that signed last, or, once sure that the key runs nowhere else, $new_height."
  elif ! unused; then
    resume "volume $VOLUME_ID has held this validator before but has no readable ${state##*/}: attach the volume that signed last, or, once sure that the key runs nowhere else, $new_height."
  elif [ "$RESUME_AT_HEIGHT" -gt 0 ]; then
    resume "signingState.resumeAtHeight is given without signingState.keyRanNowhereElse: true: once sure that the key runs nowhere else, $new_height."
  elif [ "$BOOTSTRAP" = true ]; then
    # The record first: stopped in between, the volume is still unused.
    echo "$VOLUME_ID" | put "$volume_record"
    write_state 0
    say "the validator starts at height 0 on volume $VOLUME_ID."
  else
    fail "volume $VOLUME_ID has no signing state: attach the disk that holds it, or set signingState.bootstrap: true once sure that this key has never run anywhere."
  fi
}

# --- genesis and configuration --------------------------------------------------------------------------------------

settle_genesis() {
  file=$config/genesis.json fetched=$config/genesis.json.fetched
  rm -f "$fetched" # of a start that was stopped
  [ ! -f "$file" ] || [ "$(digest "$file")" != "$GENESIS_SHA256" ] || return 0
  if [ -f "$SECRETS_DIR/$GENESIS" ]; then
    origin="the secret $GENESIS"
    cp "$SECRETS_DIR/$GENESIS" "$fetched"
  else
    origin=$GENESIS_URL
    curl -fsSL --retry 5 --max-time 120 -o "$fetched" "$GENESIS_URL" ||
      fail "genesis.json could not be fetched from $GENESIS_URL."
  fi
  found=$(digest "$fetched")
  [ "$found" = "$GENESIS_SHA256" ] ||
    fail "genesis.json from $origin has the digest $found and not $GENESIS_SHA256: it is refused."
  put "$file" <"$fetched"
  rm -f "$fetched"
}

settle_config() {
  peers=$({ tr -d '[:space:]' <"$SECRETS_DIR/$PERSISTENT_PEERS"; } 2>/dev/null) || peers=''
  [ -n "$peers" ] ||
    fail "the secret $PERSISTENT_PEERS is empty: Metis hands out the peers once the sequencer is whitelisted."
  # Written into a TOML string by sed: nothing but node ids, hosts and ports may pass.
  case $peers in
  *[!0-9A-Za-z@.:,_-]*) fail "the secret $PERSISTENT_PEERS is not a comma-separated list of id@host:port." ;;
  esac
  sed "s/@PERSISTENT_PEERS@/$peers/" "$CONFIG_DIR/config.toml" | put "$config/config.toml"
  put "$config/app.toml" <"$CONFIG_DIR/app.toml"
  put "$config/themis-config.toml" <"$CONFIG_DIR/themis-config.toml"
}

mkdir -p "$config" "$data"
check_key "$NODE_KEY" "$config/node_key.json"
check_key "$VALIDATOR_KEY" "$config/priv_validator_key.json"
settle_genesis
settle_config
# The state before the key: until the key is on the volume, the volume counts as unused.
settle_signing_state
keep_key "$NODE_KEY" "$config/node_key.json"
keep_key "$VALIDATOR_KEY" "$config/priv_validator_key.json"
say "themis may start."
