#!/bin/sh
# Makes themis's home ready: configuration is renewed at every start, keys and signing state are not.
# The signing state is what keeps this validator from signing twice. Only two things write it here, and each needs the
# operator's word for this one volume:
#   bootstrap  height 0, on a volume that has never held the key, since the key ran nowhere yet;
#   resume     a height above the chain's head, when this is not the volume that signed last, or when nothing was signed
#              since the height that was given before. Tendermint then signs from this height on.
# A key on the volume is replaced only by the same word, and only while nothing was ever signed there.
# A file is written beside its place, flushed and renamed, so that a stop half-way leaves the old one or the new one.
# Needs sh, coreutils, curl and jq, as the themis image has them.
set -eu
umask 077

HOME_DIR=${HOME_DIR:-/var/lib/themis}
CONFIG_DIR=${CONFIG_DIR:-/etc/themis}
SECRETS_DIR=${SECRETS_DIR:-/run/secrets/themis}
: "${VOLUME_ID:?}" "${GENESIS_SHA256:?}" "${GENESIS_URL:?}"
: "${BOOTSTRAP:=false}" "${RESUME_AT_HEIGHT:=0}" "${VOUCHED_VOLUME:=}" "${KEY_RAN_NOWHERE_ELSE:=false}"
: "${NODE_KEY:=node_key.json}" "${VALIDATOR_KEY:=priv_validator_key.json}"
: "${PERSISTENT_PEERS:=persistent_peers}" "${GENESIS:=genesis.json}"

config=$HOME_DIR/config
data=$HOME_DIR/data
state=$data/priv_validator_state.json
# Line 1 is the volume that signs. After a resume, `signed N` is the highest height known to be signed before it, and
# `resumed-at N` the height that it gave.
volume_record=$data/.nodeyard-volume-id

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

keep_copy() { [ ! -e "$1" ] || cp -p "$1" "$1.$(date -u +%Y%m%dT%H%M%SZ).bak"; }

digest() { sha256sum <"$1" | cut -d' ' -f1; }

# amino WHAT FILE: what amino.jq says of the file, or nothing. jq would stop at a null character.
amino() {
  [ -f "$2" ] && [ "$(tr -d '\000' <"$2" | wc -c)" -eq "$(wc -c <"$2")" ] || return 0
  jq -Rrs --arg what "$1" -f "$CONFIG_DIR/amino.jq" "$2" 2>/dev/null || :
}

# --- what the operator says -----------------------------------------------------------------------------------------

check_height() {
  case $RESUME_AT_HEIGHT in
  *[!0-9]* | 0?* | ???????????*) fail "signingState.resumeAtHeight $RESUME_AT_HEIGHT is no height: give a number of at most ten digits." ;;
  esac
}

this_volume() { [ "$VOUCHED_VOLUME" = "$VOLUME_ID" ]; }
resume_vouched() { [ "$RESUME_AT_HEIGHT" -gt 0 ] && [ "$KEY_RAN_NOWHERE_ELSE" = true ]; }

new_height="set signingState.resumeAtHeight to a height above the chain's head of today, to sign from this height on, signingState.volume: $VOLUME_ID and signingState.keyRanNowhereElse: true"
new_key="once sure that this key has never run anywhere, set signingState.bootstrap: true and signingState.volume: $VOLUME_ID"

# --- what the volume holds ------------------------------------------------------------------------------------------

read_signing_state() {
  found=$(amino state "$state")
  height=${found% *} signed=${found#* } # both empty when there is no state that themis would read
  recorded='' signed_height=0 used_height=0
  [ -f "$volume_record" ] || return 0
  recorded=$(sed -n 1p "$volume_record")
  signed_height=$(sed -n 's/^signed //p' "$volume_record")
  used_height=$(sed -n 's/^resumed-at //p' "$volume_record")
  : "${signed_height:=0}" "${used_height:=0}"
}

own_state() { [ -n "$height" ] && [ "$recorded" = "$VOLUME_ID" ]; }

# themis has signed nothing since this script wrote the state: not since a height that was given, and not since bootstrap.
unsigned() { own_state && [ "$signed" = unsigned ]; }

# A volume is unused when it has neither the validator's key nor any chain data; our own record of its id does not count.
unused() {
  [ ! -e "$config/priv_validator_key.json" ] &&
    [ -z "$(find "$data" -mindepth 1 ! -name "${volume_record##*/}" ! -name '*.nodeyard-tmp' | head -n 1)" ]
}

# --- keys: checked before anything is written -----------------------------------------------------------------------

check_secret() { # WHAT SECRET
  found=$(amino "$1" "$SECRETS_DIR/$2")
  [ "$found" = good ] ||
    fail "the secret $2 ${found:-holds no key: put the file that \`themisd init\` made into the secret store.}"
}

# A key put into the secret store again may gain or lose a newline: that does not make it another key.
key_digest() { tr -d '[:space:]' <"$1" | sha256sum; }

another() { [ -e "$2" ] && [ "$(key_digest "$SECRETS_DIR/$1")" != "$(key_digest "$2")" ]; } # SECRET FILE

check_kept_key() { # SECRET FILE
  another "$1" "$2" || return 0
  refused="the volume $VOLUME_ID holds another ${2##*/} than the secret $1: attach the volume of this key, or put its key into the secret"
  unsigned && [ "$signed_height" -eq 0 ] || fail "$refused."
  this_volume && { [ "$BOOTSTRAP" = true ] || resume_vouched; } ||
    fail "$refused; or, since nothing was signed on this volume yet, take the secret's key: $new_key."
}

keep_key() { # SECRET FILE
  if another "$1" "$2"; then
    keep_copy "$2"
    put "$2" <"$SECRETS_DIR/$1"
    say "the secret $1 holds another key than volume $VOLUME_ID did, on which nothing was signed: it was replaced."
  fi
  [ -e "$2" ] || put "$2" <"$SECRETS_DIR/$1"
  chmod 0600 "$2"
}

# --- signing state --------------------------------------------------------------------------------------------------

# At round 0 and step 0 nothing is signed yet at the height itself: Tendermint may sign from this height on, never below.
write_state() { printf '{\n  "height": "%s",\n  "round": "0",\n  "step": 0\n}\n' "$1" | put "$state"; }

record() { printf '%s\nsigned %s\nresumed-at %s\n' "$1" "$signed_height" "$2" | put "$volume_record"; }

write_resumed_state() {
  keep_copy "$state"
  write_state "$RESUME_AT_HEIGHT"
  record "$VOLUME_ID" "$RESUME_AT_HEIGHT"
  say "the validator signs again from this height on: $RESUME_AT_HEIGHT, on volume $VOLUME_ID."
}

above() { # HEIGHT
  [ "$RESUME_AT_HEIGHT" -gt "$1" ] ||
    fail "signingState.resumeAtHeight $RESUME_AT_HEIGHT is not above height $1, which this key has already signed: once sure that the key runs nowhere else, $new_height."
}

# resume WHY: writes the operator's height, or stops with WHY
resume() {
  resume_vouched || fail "$1"
  # A height left in the config is not for the empty disk of a later day, when the key has signed above it.
  this_volume ||
    fail "signingState.resumeAtHeight $RESUME_AT_HEIGHT is for the volume in signingState.volume, '$VOUCHED_VOLUME', and not for this one, $VOLUME_ID: attach the volume that signed last, or, once sure that the key runs nowhere else, $new_height."
  [ "$RESUME_AT_HEIGHT" -gt "$used_height" ] ||
    fail "signingState.resumeAtHeight $RESUME_AT_HEIGHT was already used on this volume's data: once sure that the key runs nowhere else, $new_height."
  # Equal is our own doing, stopped half-way, as long as nothing was signed there.
  if [ -n "$height" ] && ! { [ "$RESUME_AT_HEIGHT" -eq "$height" ] && [ "$signed" = unsigned ]; }; then
    above "$height"
    [ "$height" -le "$signed_height" ] || signed_height=$height
  fi
  [ "$used_height" -le "$signed_height" ] || signed_height=$used_height
  # The record of what was signed first, since the state is then gone. The volume's id last: stopped in between, the next
  # start finds a foreign volume and does this again.
  record "$recorded" "$used_height"
  write_resumed_state
}

# The volume that signed last goes on, whatever was said of it, unless a height that was given is to be another.
go_on() {
  [ "$BOOTSTRAP" != true ] ||
    say 'signingState.bootstrap is still true and does nothing here: take it out.'
  if [ "$RESUME_AT_HEIGHT" -eq 0 ]; then
    return 0
  elif ! { this_volume && resume_vouched && unsigned; }; then
    say "signingState.resumeAtHeight $RESUME_AT_HEIGHT does nothing here: volume $VOLUME_ID holds its own signing state, at height $height. Take it out."
  elif [ "$RESUME_AT_HEIGHT" -eq "$used_height" ]; then
    say "signingState.resumeAtHeight $RESUME_AT_HEIGHT was written, and nothing was signed at it yet. Take it out once themis signs."
  else
    above "$signed_height"
    write_resumed_state
  fi
}

settle_signing_state() {
  if own_state; then
    go_on
  elif [ -n "$height" ]; then
    resume "the signing state on volume $VOLUME_ID was kept on ${recorded:-a volume nobody recorded}, so it may be older than what this key has signed: attach the volume that signed last, or, once sure that the key runs nowhere else, $new_height."
  elif ! unused; then
    resume "volume $VOLUME_ID has held this validator before but has no readable ${state##*/}: attach the volume that signed last, or, once sure that the key runs nowhere else, $new_height."
  elif [ "$RESUME_AT_HEIGHT" -gt 0 ]; then
    resume "signingState.resumeAtHeight is given without signingState.keyRanNowhereElse: true: once sure that the key runs nowhere else, $new_height."
  elif [ "$BOOTSTRAP" = true ]; then
    # A bootstrap left in the config is not for the empty disk of a later day, when the key has signed.
    this_volume ||
      fail "signingState.bootstrap is for the volume in signingState.volume, '$VOUCHED_VOLUME', and not for this one, $VOLUME_ID: attach the disk that holds the state, or, $new_key."
    # The record first: stopped in between, the volume is still unused.
    echo "$VOLUME_ID" | put "$volume_record"
    write_state 0
    say "the validator starts at height 0 on volume $VOLUME_ID."
  else
    fail "volume $VOLUME_ID has no signing state: attach the disk that holds it, or, $new_key."
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

port='([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])'
peer="[0-9a-f]{40}@[0-9A-Za-z._-]+:$port"

settle_config() {
  peers=$({ tr -d '[:space:]' <"$SECRETS_DIR/$PERSISTENT_PEERS"; } 2>/dev/null) || peers=''
  [ -n "$peers" ] ||
    fail "the secret $PERSISTENT_PEERS is empty: Metis hands out the peers once the sequencer is whitelisted."
  # Written into a TOML string by sed: nothing but node ids, hosts and ports may pass. themis stops at any other.
  echo "$peers" | grep -Exq "$peer(,$peer)*" ||
    fail "the secret $PERSISTENT_PEERS is not a comma-separated list of id@host:port, where the id has 40 hexadecimal digits in lower case."
  sed "s/@PERSISTENT_PEERS@/$peers/" "$CONFIG_DIR/config.toml" | put "$config/config.toml"
  put "$config/app.toml" <"$CONFIG_DIR/app.toml"
  put "$config/themis-config.toml" <"$CONFIG_DIR/themis-config.toml"
}

check_height
check_secret node_key "$NODE_KEY"
check_secret validator_key "$VALIDATOR_KEY"
mkdir -p "$config" "$data"
read_signing_state
check_kept_key "$NODE_KEY" "$config/node_key.json"
check_kept_key "$VALIDATOR_KEY" "$config/priv_validator_key.json"
settle_genesis
settle_config
# The state before the key: until the key is on the volume, the volume counts as unused.
settle_signing_state
keep_key "$NODE_KEY" "$config/node_key.json"
keep_key "$VALIDATOR_KEY" "$config/priv_validator_key.json"
say "themis may start."
