#!/usr/bin/env bash
# What the machine asks of Google Cloud, as its service account.
set -euo pipefail

metadata() {
  curl -fsS --noproxy '*' --max-time 10 -H 'Metadata-Flavor: Google' \
    "${METADATA_URL:-http://169.254.169.254}/computeMetadata/v1/$1"
}

# curl and jq do.
cloud_tools() { :; }

cloud_secret() {
  local token
  token=$(metadata instance/service-accounts/default/token | jq --exit-status --raw-output .access_token)
  # The token goes by a file: a command line can be read by everyone on the machine.
  curl -fsS --max-time 20 -H @<(printf 'Authorization: Bearer %s\n' "$token") \
    "${SECRETS_URL:-https://secretmanager.googleapis.com}/v1/$SECRET/versions/latest:access" |
    jq --join-output '.payload.data // "" | @base64d'
}

cloud_image() {
  metadata "instance/attributes/$IMAGE_SOURCE"
}

# The disk is attached by the group, which keeps it for the machine.
cloud_attach() { :; }
