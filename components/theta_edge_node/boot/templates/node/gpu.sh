#!/usr/bin/env bash
# A GPU node whose driver does not answer earns nothing: it says so and does not start.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

[ "$GPU" = yes ] || exit 0
for _ in $(seq "${ATTEMPTS:-15}"); do
  if gpus=$(nvidia-smi --list-gpus) && [ -n "$gpus" ]; then
    say "$(wc -l <<<"$gpus") GPU: $(head -n 1 <<<"$gpus" | sed 's/ (UUID.*//')"
    exit 0
  fi
  sleep 2
done
fail "nvidia-smi lists no GPU: is this a GPU machine, and does the image bring the driver?"
