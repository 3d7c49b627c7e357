#!/usr/bin/env bash
# The CloudWatch agent: AWS's images for GPU nodes bring it, Ubuntu's do not.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/verify-CloudWatch-Agent-Package-Signature.html
SIGNED_BY=937616F3450B7D806CBD9725D58167303B789C72
# As the Deep Learning AMI of 2026-06-16 has it.
VERSION=1.300069.0b1529
ctl=/opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl

install_agent() {
  local source=https://amazoncloudwatch-agent.s3.amazonaws.com work
  work=$(mktemp --directory)
  cd "$work" || return
  curl -fsSL --remote-name-all "$source/assets/amazon-cloudwatch-agent.gpg" \
    "$source/ubuntu/$(dpkg --print-architecture)/$VERSION/amazon-cloudwatch-agent.deb"{,.sig}
  export GNUPGHOME=$work/keys
  mkdir --mode 0700 "$GNUPGHOME"
  gpg --batch --quiet --import amazon-cloudwatch-agent.gpg
  # The key that made the signature, not just a key that came along.
  gpg --batch --status-fd 1 --verify amazon-cloudwatch-agent.deb.sig amazon-cloudwatch-agent.deb 2>/dev/null |
    grep "^\[GNUPG:\] VALIDSIG $SIGNED_BY " >/dev/null || fail "the CloudWatch agent is not signed by AWS's key"
  dpkg --install amazon-cloudwatch-agent.deb
  cd / || return
  rm -rf "$work"
}

[ -x "$ctl" ] || install_agent
"$ctl" -a fetch-config -m ec2 -s -c file:/etc/nodeyard/agent.conf
