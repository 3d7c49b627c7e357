#!/usr/bin/env bash
# Installs what the image lacks. Drivers are never built here: an image for GPU nodes has its own.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
export DEBIAN_FRONTEND=noninteractive

install() {
  say "installing $*"
  apt-get -q -o DPkg::Lock::Timeout=600 update
  apt-get -q -o DPkg::Lock::Timeout=600 install --yes --no-install-recommends "$@"
}

# NVIDIA's own source, signed by the key that it publishes beside it.
install_toolkit() {
  local source=https://nvidia.github.io/libnvidia-container key=/usr/share/keyrings/nvidia-container-toolkit.gpg
  curl -fsSL "$source/gpgkey" | gpg --dearmor --yes --output "$key"
  # shellcheck disable=SC2016 # apt, not the shell, puts the architecture in
  printf 'deb [signed-by=%s] %s/stable/deb/$(ARCH) /\n' "$key" "$source" >/etc/apt/sources.list.d/nvidia-container-toolkit.list
  install nvidia-container-toolkit
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
[ ${#missing[@]} -eq 0 ] || install "${missing[@]}"

cloud_tools
if [ "$GPU" = yes ] && ! command -v nvidia-ctk >/dev/null; then
  install_toolkit
fi
systemctl start docker
if [ "$GPU" = yes ] && [[ $(docker info --format '{{.CgroupDriver}} {{json .Runtimes}}') != cgroupfs*'"nvidia"'* ]]; then
  configure_docker
fi
