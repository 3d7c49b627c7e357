#!/usr/bin/env bash
# What the machine asks of Azure, as its managed identity.
set -euo pipefail

metadata() {
  curl -fsS --noproxy '*' --max-time 10 -H 'Metadata: true' "${METADATA_URL:-http://169.254.169.254}$1"
}

# curl and jq do.
cloud_tools() { :; }

cloud_secret() {
  local token
  token=$(metadata "/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fvault.azure.net&msi_res_id=${IDENTITY//\//%2F}" |
    jq --exit-status --raw-output .access_token)
  # The token goes by a file: a command line can be read by everyone on the machine.
  curl -fsS --max-time 20 -H @<(printf 'Authorization: Bearer %s\n' "$token") "$SECRET?api-version=7.4" |
    jq --join-output '.value // empty'
}

cloud_image() {
  metadata '/metadata/instance/compute/tagsList?api-version=2021-02-01&format=json' |
    jq --exit-status --raw-output --arg tag "$IMAGE_SOURCE" '.[] | select(.name == $tag) | .value'
}

# The disk is attached by the virtual machine's own definition.
cloud_attach() { :; }
