#!/usr/bin/env bash
# The Azure Monitor agent is an extension of the virtual machine, and its data collection rule says what it reads: both
# belong to the machine's definition. Here is only checked that it has come.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

systemctl is-active --quiet azuremonitoragent.service || fail "the Azure Monitor agent does not run (yet)"
