#!/usr/bin/env bash
# A GPU node whose driver does not answer earns nothing: it says so and does not start.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
restarted=$STATE/restarted-for-gpu

[ "$GPU" = yes ] || exit 0
for _ in $(seq "${ATTEMPTS:-15}"); do
  said=$(nvidia-smi --list-gpus 2>&1) && [[ $said = GPU* ]] && break
  said=${said//$'\n'/ }
  sleep 2
done

case $said in
  GPU*)
    say "$(wc -l <<<"$said") GPU: $(head -n 1 <<<"$said" | sed 's/ (UUID.*//')"
    rm -f "$restarted"
    ;;
  *"Driver/library version mismatch"*)
    # The driver that runs is another one than the libraries of now: a start of the machine loads theirs. Should it not,
    # a second start would not either. The word outlives the restart, and goes when a GPU answers.
    what="NVIDIA's libraries were changed, and its driver was not ($said)"
    [ ! -e "$restarted" ] || fail "$what. A restart of the machine has not mended it: replace the machine"
    mkdir -p "$STATE"
    touch "$restarted"
    sync "$restarted"
    say "$what: restarting the machine, this once"
    systemctl reboot
    sleep 300
    ;;
  *)
    modinfo nvidia >/dev/null 2>&1 ||
      fail "the kernel $(uname -r) has no NVIDIA driver: is the image one with a driver, or was its kernel changed? ($said)"
    fail "nvidia-smi lists no GPU: is this a GPU machine, and does the image bring the driver? ($said)"
    ;;
esac
