#!/usr/bin/env bash
# The Ops Agent, from Google's source of its second major version, which Google's own policy names
# (terraform-google-modules/terraform-google-cloud-operations, modules/ops-agent-policy/major_version_install). Google's
# script add-google-cloud-ops-agent-repo.sh would read every source of the image.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
# shellcheck source-path=SCRIPTDIR source=apt.sh
. "$LIB/apt.sh"

MAJOR=2

if ! dpkg-query --show google-cloud-ops-agent >/dev/null 2>&1; then
  # shellcheck source=/dev/null
  release=$(. /etc/os-release && echo "$VERSION_CODENAME")
  source=https://packages.cloud.google.com/apt
  add_source google-cloud-ops-agent "$source/doc/apt-key.gpg" "$source google-cloud-ops-agent-$release-$MAJOR main"
  apt_install google-cloud-ops-agent google-cloud-ops-agent
fi
install -D --mode 0644 "$ETC/agent.conf" /etc/google-cloud-ops-agent/config.yaml
systemctl restart google-cloud-ops-agent
