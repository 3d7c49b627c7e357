#!/usr/bin/env bash
# What the machine asks of AWS, as its instance role. The CLI finds the role's credentials by itself (IMDSv2).
set -euo pipefail

# Where the snap of the CLI is, and what systemd leaves out.
export PATH="$PATH:/snap/bin" AWS_PAGER='' AWS_DEFAULT_REGION="$REGION"

# AWS publishes its CLI as a snap; Ubuntu 24.04 has no package of it. A snap follows its channel: v2, stable.
cloud_tools() {
  ! command -v aws >/dev/null || return 0
  snap wait system seed.loaded
  snap install aws-cli --classic --channel=v2/stable
}

cloud_secret() {
  aws secretsmanager get-secret-value --secret-id "$SECRET" --output json | jq --join-output '.SecretString // empty'
}

cloud_image() {
  aws ssm get-parameter --name "$IMAGE_SOURCE" --query Parameter.Value --output text
}

instance_id() {
  local imds=${METADATA_URL:-http://169.254.169.254} token
  token=$(curl -fsS --noproxy '*' --max-time 10 -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 300' "$imds/latest/api/token")
  curl -fsS --noproxy '*' --max-time 10 -H @<(printf 'X-aws-ec2-metadata-token: %s\n' "$token") \
    "$imds/latest/meta-data/instance-id"
}

# The group makes a new instance without the disk. A volume that another instance still holds is waited for and never
# taken by force: two machines with one identity would be worse than none.
cloud_attach() {
  local self holder
  self=$(instance_id)
  while true; do
    holder=$(aws ec2 describe-volumes --volume-ids "$VOLUME" --query 'Volumes[0].Attachments[0].InstanceId' --output text)
    case $holder in
      "$self") return ;;
      None)
        say "attaching $VOLUME"
        aws ec2 attach-volume --volume-id "$VOLUME" --instance-id "$self" --device /dev/sdf >/dev/null && return ;;
      *) say "$VOLUME is still attached to $holder: waiting until it is detached" ;;
    esac
    sleep 10
  done
}
