#!/usr/bin/env bash
# How packages are installed, for the scripts that need some.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive
APT=${NODEYARD_APT:-/etc/apt}

# Of the source $1: the key that its publisher has at $2 signs what is at $3.
add_source() {
  local key=$APT/keyrings/$1.gpg
  mkdir -p "$APT/keyrings"
  curl -fsSL "$2" | gpg --dearmor --yes --output "$key"
  printf 'deb [signed-by=%s] %s\n' "$key" "$3" >"$APT/sources.list.d/$1.list"
}

# From the distribution's own archive, and the added source that $1 names; one of our scripts at a time. A foreign source
# of the image, which may be unsigned, malformed or gone, would stop apt, and with it the node.
apt_install() (
  flock 9
  sources=$RUN/apt options=()
  say "installing ${*:2}"
  rm -rf "$sources"
  mkdir -p "$sources"
  for source in "$APT"/sources.list.d/{ubuntu.sources,${1:+$1.list}}; do
    [ ! -f "$source" ] || ln -s "$source" "$sources"
  done
  # As Ubuntu up to 22.04 names its archive.
  grep -E '^deb .*[./]ubuntu\.com/' "$APT/sources.list" >"$sources/ubuntu.list" 2>/dev/null || rm "$sources/ubuntu.list"
  # Where it goes by no such name, as a mirror of one's own, all sources count.
  ! compgen -G "$sources/ubuntu.*" >/dev/null ||
    options=(-o Dir::Etc::sourcelist=/dev/null -o "Dir::Etc::sourceparts=$sources" -o APT::Get::List-Cleanup=0)
  apt-get -q -o DPkg::Lock::Timeout=600 "${options[@]}" update
  apt-get -q -o DPkg::Lock::Timeout=600 "${options[@]}" install --yes --no-install-recommends "${@:2}"
  apt-get clean
) 9<"$ETC"
