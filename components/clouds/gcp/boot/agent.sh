#!/usr/bin/env bash
# The Ops Agent. Google publishes it by this script, which adds Google's signed source of packages; pinned to its second
# major version, as Google's own guide does.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

if ! dpkg-query --show google-cloud-ops-agent >/dev/null 2>&1; then
  work=$(mktemp --directory)
  curl -fsSL -o "$work/add-repo.sh" https://dl.google.com/cloudagents/add-google-cloud-ops-agent-repo.sh
  bash "$work/add-repo.sh" --also-install --version='2.*.*'
  rm -rf "$work"
fi
mkdir -p /etc/google-cloud-ops-agent
install --mode 0644 /etc/nodeyard/agent.conf /etc/google-cloud-ops-agent/config.yaml
systemctl restart google-cloud-ops-agent
