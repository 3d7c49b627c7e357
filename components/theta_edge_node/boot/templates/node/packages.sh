#!/usr/bin/env bash
# Installs what the image lacks. Drivers are never built here: an image for GPU nodes has its own.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
export DEBIAN_FRONTEND=noninteractive

# From the distribution's own archive, and the sources that the first argument names. A foreign source of the image, which
# may be unsigned, malformed or gone, would stop apt, and with it the node.
install() {
  local apt=${NODEYARD_APT:-/etc/apt} sources=$RUN/apt source options=()
  say "installing ${*:2}"
  rm -rf "$sources"
  mkdir -p "$sources"
  for source in "$apt"/sources.list.d/{ubuntu.sources,${1:-}}; do
    [ ! -f "$source" ] || ln -s "$source" "$sources"
  done
  # As Ubuntu up to 22.04 names its archive.
  grep -E '^deb .*[./]ubuntu\.com/' "$apt/sources.list" >"$sources/ubuntu.list" 2>/dev/null || rm "$sources/ubuntu.list"
  # Where it goes by no such name, as a mirror of one's own, all sources count.
  ! compgen -G "$sources/ubuntu.*" >/dev/null ||
    options=(-o Dir::Etc::sourcelist=/dev/null -o "Dir::Etc::sourceparts=$sources" -o APT::Get::List-Cleanup=0)
  apt-get -q -o DPkg::Lock::Timeout=600 "${options[@]}" update
  apt-get -q -o DPkg::Lock::Timeout=600 "${options[@]}" install --yes --no-install-recommends "${@:2}"
  apt-get clean
}

# NVIDIA's own source, signed by the key that it publishes beside it.
install_toolkit() {
  local source=https://nvidia.github.io/libnvidia-container key=/usr/share/keyrings/nvidia-container-toolkit.gpg
  local list=nvidia-container-toolkit.list
  curl -fsSL "$source/gpgkey" | gpg --dearmor --yes --output "$key"
  # shellcheck disable=SC2016 # apt, not the shell, puts the architecture in
  printf 'deb [signed-by=%s] %s/stable/deb/$(ARCH) /\n' "$key" "$source" >"/etc/apt/sources.list.d/$list"
  install "$list" nvidia-container-toolkit
}

# For what Docker says that it lacks: an installation may have ended before this, or the image may have left it out.
# Not systemd's cgroups: with them a container loses its GPU at the next `systemctl daemon-reload`, which an upgrade of any
# package brings, and its node goes on without (NVIDIA/nvidia-container-toolkit#48).
configure_docker() {
  local config=${NODEYARD_DOCKER:-/etc/docker}/daemon.json
  nvidia-ctk runtime configure --runtime=docker --config="$config"
  jq '."exec-opts" = ["native.cgroupdriver=cgroupfs"]' "$config" >"$config.new"
  mv "$config.new" "$config"
  systemctl restart docker
}

# What a loss of power has left half installed. Where another dpkg is just at work, that one ends it.
[ -z "$(dpkg --audit)" ] || dpkg --configure -a || say "packages are not configured (yet)"

missing=()
for tool in jq nft:nftables curl gpg; do
  command -v "${tool%%:*}" >/dev/null || missing+=("${tool##*:}")
done
# From the distribution, where the image does not bring its own (docker-ce, moby).
command -v docker >/dev/null || missing+=(docker.io)
[ ${#missing[@]} -eq 0 ] || install "" "${missing[@]}"

cloud_tools
if [ "$GPU" = yes ] && ! command -v nvidia-ctk >/dev/null; then
  install_toolkit
fi
systemctl start docker
if [ "$GPU" = yes ] && [[ $(docker info --format '{{.CgroupDriver}} {{json .Runtimes}}') != cgroupfs*'"nvidia"'* ]]; then
  configure_docker
fi
