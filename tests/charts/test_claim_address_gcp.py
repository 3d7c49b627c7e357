"""claim-address-gcp.sh and wait-for-address-gcp.sh, run for real by sh against a stand-in Compute Engine that remembers
each instance's access config."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.charts.harness import COMMON_FILES, Stubs

Result = subprocess.CompletedProcess[str]
NODE, OLD = "gke-metis-l2geth-new", "gke-metis-l2geth-old"
ADDRESS, FIRST = "192.0.2.10", "198.51.100.7"
ZONE = "us-central1-a"
CONFIG = "networkInterfaces[0].accessConfigs[0]"
TIER = "--network-tier PREMIUM"
METADATA = f"""
case "$*" in
*"Metadata-Flavor: Google"*http://169.254.169.254/computeMetadata/v1/instance/zone) echo projects/1/zones/{ZONE} ;;
*) exit 22 ;;
esac
"""


class Compute:
    """One reserved address and some instances, each a file with its access config's address and name."""

    def __init__(self, root: Path, stubs: Stubs) -> None:
        self.root, self.stubs = root, stubs
        self.instances, self.calls, self.held = root / "instances", root / "calls", root / "held"
        self.instances.mkdir()
        self.calls.write_text("")
        self.instance(NODE, FIRST)
        stubs.add("curl", METADATA)
        stubs.add("timeout", '[ "$1" -le 120 ] || exit 1; shift; exec "$@"\n')
        self.users, self.reserved = "", ADDRESS
        self.behaves()

    def instance(self, name: str, address: str, config: str = "external-nat") -> None:
        (self.instances / name).write_text(f"{address}\t{config}\n" if address else "")

    def address_of(self, name: str) -> str:
        return (self.instances / name).read_text().split("\t")[0].strip()

    def behaves(self, describe: str = "", delete: str = "", add: str = "") -> None:
        """The stand-in gcloud, with something done before it answers; `$first` is yes in the first call of its kind."""
        self.stubs.add(
            "gcloud",
            f"""
echo "$*" >>{self.calls}
[ "$CLOUDSDK_CORE_PROJECT $CLOUDSDK_CORE_DISABLE_PROMPTS" = "metis-example 1" ] || exit 1
first=no; [ "$(grep -c -- "^$1 $2 $3 $4" {self.calls})" -gt 1 ] || first=yes
case "$*" in
"compute instances describe "*" --zone {ZONE} --format value({CONFIG}.natIP,{CONFIG}.name)")
  {describe}
  [ -e {self.instances}/"$4" ] || {{ echo "The resource instances/$4 was not found" >&2; exit 1; }}
  cat {self.instances}/"$4" ;;
"compute addresses describe metis-l2geth --region us-central1 --format value(address,networkTier,users)")
  users="{self.users}"
  for file in {self.instances}/*; do
    [ "$(cut -f1 "$file")" != {ADDRESS} ] ||
      users="https://www.googleapis.com/compute/v1/projects/metis-example/zones/{ZONE}/instances/$(basename "$file")"
  done
  printf '%s\\tPREMIUM\\t%s\\n' {self.reserved} "$users" ;;
"compute instances delete-access-config "*" --zone {ZONE} --access-config-name "*)
  [ "$(cut -f2 {self.instances}/"$4")" = "$8${{9:+ $9}}" ] || {{ echo "Invalid value '$8'" >&2; exit 1; }}
  {delete}
  : >{self.instances}/"$4" ;;
"compute instances add-access-config {NODE} --zone {ZONE} --access-config-name "*" --address {ADDRESS} {TIER}")
  [ ! -s {self.instances}/{NODE} ] || {{ echo "At most one access config currently supported." >&2; exit 1; }}
  ! grep -q {ADDRESS} {self.instances}/* || {{ echo "External IP address {ADDRESS} is already in-use" >&2; exit 1; }}
  [ -n "$8" ] || {{ echo "argument --access-config-name: expected one argument" >&2; exit 2; }}
  {add}
  printf '{ADDRESS}\\texternal-nat\\n' >{self.instances}/{NODE} ;;
*) echo "unexpected: $*" >&2; exit 2 ;;
esac
""",
        )

    def runs(self, pauses: int = 1, between: str = "", without: str = "") -> Result:
        """The script, told to stop in its last pause; `between` happens in every pause."""
        self.stubs.add(
            "sleep",
            f"""
echo "$1" >>{self.root}/pauses
[ -e {self.held} ] && echo held >>{self.root}/readiness || echo not held >>{self.root}/readiness
{between}
[ "$(wc -l <{self.root}/pauses)" -lt {pauses} ] || kill -TERM $PPID
""",
        )
        return self.stubs.run(
            COMMON_FILES / "claim-address-gcp.sh",
            **{
                "ADDRESS_ID": "metis-l2geth",
                "PUBLIC_ADDRESS": ADDRESS,
                "NODE_NAME": NODE,
                "CLOUDSDK_CORE_PROJECT": "metis-example",
                "REGION": "us-central1",
                "HELD": str(self.held),
                **({without: ""} if without else {}),
            },
        )

    def claimed(self, pauses: int = 1, between: str = "") -> Result:
        result = self.runs(pauses, between)
        assert result.returncode == 0, result.stderr
        assert self.address_of(NODE) == ADDRESS, result.stdout + result.stderr
        assert f"{ADDRESS} (metis-l2geth) is on {NODE}." in result.stdout
        return result

    def changes(self) -> list[str]:
        """What was taken off and put on, in order."""
        calls = [call.split() for call in self.calls.read_text().splitlines()]
        return [f"{call[2].split('-')[0]} {call[3]}" for call in calls if call[2] != "describe"]

    @property
    def readiness(self) -> list[str]:
        return (self.root / "readiness").read_text().splitlines()

    @property
    def pauses(self) -> list[str]:
        return (self.root / "pauses").read_text().split()


@pytest.fixture
def compute(tmp_path: Path, stubs: Stubs) -> Compute:
    return Compute(tmp_path, stubs)


def test_the_nodes_first_address_goes_and_the_reserved_one_comes(compute: Compute) -> None:
    compute.claimed()
    assert compute.changes() == [f"delete {NODE}", f"add {NODE}"]
    assert (compute.readiness, compute.pauses) == (["held"], ["60"])
    assert not compute.held.exists()  # it ended


def test_an_address_that_is_here_already_is_not_touched(compute: Compute) -> None:
    compute.instance(NODE, ADDRESS)
    compute.claimed()
    assert compute.changes() == []
    assert compute.readiness == ["held"]


def test_a_node_without_any_address_gets_it_in_one_call(compute: Compute) -> None:
    compute.instance(NODE, "")
    compute.claimed()
    assert compute.changes() == [f"add {NODE}"]


def test_an_access_config_goes_by_the_name_that_it_has(compute: Compute) -> None:
    compute.instance(NODE, FIRST, "External NAT")
    compute.claimed()
    assert "--access-config-name External NAT" in compute.calls.read_text()


def test_an_old_node_gives_the_address_up_before_this_one_is_touched(compute: Compute) -> None:
    compute.instance(OLD, ADDRESS, "External NAT")
    compute.claimed()
    assert compute.changes() == [f"delete {OLD}", f"delete {NODE}", f"add {NODE}"]
    assert compute.address_of(OLD) == ""


def test_an_old_node_that_is_gone_while_it_is_asked_is_no_trouble(compute: Compute) -> None:
    compute.instance(OLD, ADDRESS)
    compute.behaves(describe=f'[ "$4" != {OLD} ] || rm -f {compute.instances}/{OLD};')
    result = compute.claimed(pauses=2)
    assert "was not found" in result.stderr
    assert compute.changes() == [f"delete {NODE}", f"add {NODE}"]


@pytest.mark.parametrize("before", ["", f": >{{instances}}/{NODE};"])
def test_a_removal_whose_answer_is_lost_or_that_failed_does_no_harm(compute: Compute, before: str) -> None:
    done = before.format(instances=compute.instances)
    compute.behaves(delete=f"[ $first = no ] || {{ {done} echo 'timed out' >&2; exit 1; }};")
    result = compute.claimed(pauses=1 if before else 2)
    assert "gcloud compute instances delete-access-config gke-metis-l2geth-new" not in result.stdout
    assert f"instances delete-access-config {NODE}: timed out" in result.stderr


def test_an_addition_whose_answer_is_lost_is_seen_at_once(compute: Compute) -> None:
    done = f"printf '{ADDRESS}\\\\texternal-nat\\\\n' >{compute.instances}/{NODE}"
    compute.behaves(add=f"{done}; echo 'timed out' >&2; exit 1;".replace("\\\\", "\\"))
    compute.claimed()
    assert compute.changes() == [f"delete {NODE}", f"add {NODE}"]


def test_an_addition_that_fails_is_tried_again_until_it_works(compute: Compute) -> None:
    tries = f"$(grep -c add-access-config {compute.calls})"
    compute.behaves(add=f"[ {tries} -gt 3 ] || {{ echo 'PERMISSION_DENIED' >&2; exit 1; }};")
    result = compute.claimed(pauses=4)
    assert compute.changes() == [f"delete {NODE}", *4 * [f"add {NODE}"]]
    assert result.stderr.count("PERMISSION_DENIED") == 3
    assert compute.pauses == ["5", "5", "5", "60"]
    assert compute.readiness == [*3 * ["not held"], "held"]


def test_nothing_is_taken_off_while_compute_engine_does_not_answer(compute: Compute) -> None:
    compute.behaves(describe="echo 'backend error' >&2; exit 1;")
    result = compute.runs(pauses=3)
    assert compute.changes() == []
    assert compute.readiness == 3 * ["not held"]
    assert result.stderr.count("backend error") == 3


def test_a_held_address_stays_held_while_compute_engine_does_not_answer(compute: Compute) -> None:
    compute.behaves(describe=f"[ ! -e {compute.root}/down ] || {{ echo 'backend error' >&2; exit 1; }};")
    compute.claimed(pauses=3, between=f"touch {compute.root}/down")
    assert compute.readiness == 3 * ["held"]
    assert compute.pauses == ["60", "5", "5"]


def test_an_address_that_the_node_loses_is_put_back(compute: Compute) -> None:
    once = f"[ -e {compute.root}/lost ] || {{ touch {compute.root}/lost; : >{compute.instances}/{NODE}; }}"
    compute.claimed(pauses=2, between=once)
    assert compute.changes() == [f"delete {NODE}", f"add {NODE}", f"add {NODE}"]
    assert compute.readiness == ["held", "held"]


def test_an_address_that_was_moved_away_is_not_fought_over(compute: Compute) -> None:
    moved = f"mv {compute.instances}/{NODE} {compute.instances}/{OLD} 2>/dev/null; : >{compute.instances}/{NODE}"
    result = compute.runs(pauses=3, between=f"[ -e {compute.instances}/{OLD} ] || {{ {moved}; }}")
    assert compute.changes() == [f"delete {NODE}", f"add {NODE}"]
    assert compute.address_of(OLD) == ADDRESS
    assert f"{ADDRESS} has been moved to {OLD}; delete this pod to bring it back." in result.stderr
    assert compute.readiness == ["held", "not held", "not held"]


def test_an_address_that_a_load_balancer_holds_is_left_there(compute: Compute) -> None:
    compute.users = "https://www.googleapis.com/compute/v1/projects/metis-example/regions/us-central1/forwardingRules/x"
    compute.behaves()
    result = compute.runs(pauses=2)
    assert compute.changes() == []
    assert "forwardingRules/x, which is no instance: take it off there." in result.stderr


def test_another_address_than_the_chain_advertises_is_refused(
    compute: Compute, sentence: Callable[[Result], str]
) -> None:
    compute.reserved = "203.0.113.9"
    compute.behaves()
    said = sentence(compute.runs())
    assert said == f"claim-address: metis-l2geth is the address 203.0.113.9, but the chain advertises {ADDRESS}."
    assert compute.changes() == []


def test_a_metadata_server_that_does_not_know_the_pod_yet_is_waited_for(compute: Compute) -> None:
    compute.stubs.add("curl", f"[ -e {compute.root}/asked ] || {{ touch {compute.root}/asked; exit 52; }}\n{METADATA}")
    result = compute.claimed(pauses=2)
    assert "waiting for the metadata server" in result.stdout
    assert compute.pauses == ["5", "60"]


def test_it_ends_when_told_to_but_never_with_the_node_between_two_addresses(compute: Compute) -> None:
    compute.behaves(delete="kill -TERM $PPID;")
    result = compute.runs(pauses=9)
    assert result.returncode == 0, result.stderr
    assert compute.address_of(NODE) == ADDRESS
    assert not (compute.root / "pauses").exists()


@pytest.mark.parametrize("name", ["ADDRESS_ID", "PUBLIC_ADDRESS", "NODE_NAME", "CLOUDSDK_CORE_PROJECT", "REGION"])
def test_what_it_must_know_is_missed_before_any_call(compute: Compute, name: str) -> None:
    result = compute.runs(without=name)
    assert result.returncode != 0
    assert name in result.stderr
    assert compute.calls.read_text() == ""


# --- the pod that waits ---------------------------------------------------------------------------------------------

SHOWN = "http://169.254.169.254/computeMetadata/v1/instance/network-interfaces/0/access-configs/0/external-ip"


def waits(stubs: Stubs, root: Path, *answers: str) -> Result:
    """The node's external address, answer by answer; an empty one is that it has none."""
    (root / "answers").write_text("".join(f"{answer}\n" for answer in answers))
    stubs.add(
        "curl",
        f"""
case "$*" in *"-H Metadata-Flavor: Google {SHOWN}") ;; *) echo "unexpected: $*" >&2; exit 2 ;; esac
answer=$(head -1 {root}/answers)
sed -i 1d {root}/answers
[ -n "$answer" ] || exit 22
echo "$answer"
""",
    )
    stubs.add("sleep", f"echo $1 >>{root}/pauses\n[ -s {root}/answers ] || kill -TERM $PPID\n")
    return stubs.run(COMMON_FILES / "wait-for-address-gcp.sh", PUBLIC_ADDRESS=ADDRESS)


def test_the_process_starts_once_its_node_shows_the_address(stubs: Stubs, tmp_path: Path) -> None:
    result = waits(stubs, tmp_path, FIRST, "", ADDRESS)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.splitlines() == [
        f"wait-for-address: this node's external address is {FIRST} and not yet {ADDRESS}.",
        f"wait-for-address: this node's external address is unknown and not yet {ADDRESS}.",
        f"wait-for-address: this node's external address is {ADDRESS}.",
    ]
    assert (tmp_path / "pauses").read_text().split() == ["5", "5"]


def test_a_node_that_has_the_address_already_is_not_waited_for(stubs: Stubs, tmp_path: Path) -> None:
    assert waits(stubs, tmp_path, ADDRESS).returncode == 0
    assert not (tmp_path / "pauses").exists()


def test_a_pod_that_is_told_to_stop_while_it_waits_does_not_start_its_process(stubs: Stubs, tmp_path: Path) -> None:
    result = waits(stubs, tmp_path, FIRST)
    assert result.returncode != 0
    assert f"address is {ADDRESS}." not in result.stdout


@pytest.mark.parametrize("script", ["claim-address-gcp.sh", "wait-for-address-gcp.sh"])
def test_nothing_but_the_tools_of_the_image_is_called(script: str) -> None:
    lines = (COMMON_FILES / script).read_text().splitlines()
    commands = " ".join(line for line in lines if not line.lstrip().startswith("#"))
    assert not any(word in commands for word in ("jq", "apt", "apk", "pip", "bash", "kubectl"))
