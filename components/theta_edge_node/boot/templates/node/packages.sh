#!/usr/bin/env bash
# Installs what the image lacks. Drivers are never built here: an image for GPU nodes has its own.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
# shellcheck source-path=SCRIPTDIR source=apt.sh
. "$LIB/apt.sh"

install_toolkit() {
  local name=nvidia-container-toolkit source=https://nvidia.github.io/libnvidia-container
  # shellcheck disable=SC2016 # apt, not the shell, puts the architecture in
  add_source "$name" "$source/gpgkey" "$source/stable/deb/"'$(ARCH) /'
  apt_install "$name" nvidia-container-toolkit
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
[ ${#missing[@]} -eq 0 ] || apt_install "" "${missing[@]}"

cloud_tools
if [ "$GPU" = yes ] && ! command -v nvidia-ctk >/dev/null; then
  install_toolkit
fi
systemctl start docker
if [ "$GPU" = yes ] && [[ $(docker info --format '{{.CgroupDriver}} {{json .Runtimes}}') != cgroupfs*'"nvidia"'* ]]; then
  configure_docker
fi
