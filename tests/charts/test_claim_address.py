"""claim-address-aws.sh, run for real by sh against a stand-in EC2 that remembers who holds the address."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.charts.harness import COMMON_FILES, Stubs

Result = subprocess.CompletedProcess[str]
OURS, OTHER = "eni-0ours", "eni-0other"
IDENTITY = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://169.254.170.23/v1/credentials"}
METADATA = """
case "$*" in
*/latest/api/token) echo token ;;
*X-aws-ec2-metadata-token:\\ token*/meta-data/mac) echo 0a:00:00:00:00:01 ;;
*X-aws-ec2-metadata-token:\\ token*/macs/0a:00:00:00:00:01/interface-id) echo eni-0ours ;;
*) exit 22 ;;
esac
"""


class Ec2:
    """One address, and the calls made about it."""

    def __init__(self, root: Path, stubs: Stubs) -> None:
        self.stubs = stubs
        self.holder, self.calls = root / "holder", root / "calls"
        self.calls.write_text("")
        stubs.add("curl", METADATA)
        stubs.add("sleep", "exit 0\n")
        self.behaves()

    def behaves(self, describe: str = "", associate: str = "") -> None:
        """The stand-in aws, with something done before it answers."""
        self.stubs.add(
            "aws",
            f"""
echo "$AWS_REGION $*" >>{self.calls}
[ "$AWS_REGION" = us-east-2 ] || exit 1
[ "$AWS_EC2_METADATA_DISABLED" = true ] || {{ echo "this may be the node's role" >&2; exit 1; }}
[ "$AWS_CONTAINER_CREDENTIALS_FULL_URI" = {IDENTITY["AWS_CONTAINER_CREDENTIALS_FULL_URI"]} ] || exit 1
case "$*" in
*"ec2 describe-addresses --allocation-ids eipalloc-1 "*) {describe}
  printf '192.0.2.20\\t%s\\n' "$(cat {self.holder})" ;;
*"ec2 associate-address --allocation-id eipalloc-1 --network-interface-id eni-0ours --allow-reassociation "*)
  {associate}
  echo eni-0ours >{self.holder} ;;
*) echo "unexpected: $*" >&2; exit 2 ;;
esac
""",
        )

    def claimed(self, holder: str, **env: str) -> Result:
        self.holder.write_text(holder)
        return self.stubs.run(
            COMMON_FILES / "claim-address-aws.sh",
            ADDRESS_ID="eipalloc-1",
            PUBLIC_ADDRESS="192.0.2.20",
            AWS_REGION="us-east-2",
            ATTEMPTS="4",
            **{**IDENTITY, **env},
        )

    @property
    def associations(self) -> int:
        return self.calls.read_text().count("associate-address")


@pytest.fixture
def ec2(tmp_path: Path, stubs: Stubs) -> Ec2:
    return Ec2(tmp_path, stubs)


def test_an_address_that_is_here_already_is_not_touched(ec2: Ec2) -> None:
    result = ec2.claimed(OURS)
    assert result.returncode == 0, result.stderr
    assert "is on eni-0ours" in result.stdout
    assert ec2.associations == 0


@pytest.mark.parametrize("holder", [OTHER, "None"])
def test_an_address_that_is_elsewhere_or_nowhere_is_moved_in_one_call(ec2: Ec2, holder: str) -> None:
    result = ec2.claimed(holder)
    assert result.returncode == 0, result.stderr
    assert ec2.holder.read_text().strip() == OURS
    assert ec2.associations == 1
    assert "disassociate" not in ec2.calls.read_text()


def test_it_waits_until_the_move_shows(ec2: Ec2, tmp_path: Path) -> None:
    ec2.behaves(associate=f"echo eni-0ours >{tmp_path}/later; exit 0;", describe=f"mv {tmp_path}/later.2 {ec2.holder} "
                f"2>/dev/null; mv {tmp_path}/later {tmp_path}/later.2 2>/dev/null;")  # fmt: skip
    result = ec2.claimed(OTHER)
    assert result.returncode == 0, result.stderr
    assert ec2.associations == 1


def test_an_answer_lost_on_the_way_does_not_matter(ec2: Ec2) -> None:
    # The node's own address changes under the call: EC2 has done it, and the answer goes to the old address.
    ec2.behaves(associate=f"echo eni-0ours >{ec2.holder}; echo 'read timed out' >&2; exit 255;")
    result = ec2.claimed(OTHER)
    assert result.returncode == 0, result.stderr
    assert ec2.associations == 1


def test_an_address_that_never_comes_fails_with_a_sentence(ec2: Ec2, sentence: Callable[[Result], str]) -> None:
    ec2.behaves(associate="exit 0;")
    said = sentence(ec2.claimed(OTHER))
    assert "192.0.2.20 (eipalloc-1) is still on eni-0other and not on eni-0ours after 4 attempts" in said
    assert ec2.associations == 1


def test_a_refused_call_is_tried_again_and_its_reason_is_shown(ec2: Ec2) -> None:
    ec2.behaves(associate="echo 'An error occurred (UnauthorizedOperation)' >&2; exit 254;")
    result = ec2.claimed(OTHER)
    assert result.returncode == 1
    assert ec2.associations == 4
    assert result.stderr.count("UnauthorizedOperation") == 4


def test_an_identity_that_is_not_there_yet_is_waited_for(ec2: Ec2, tmp_path: Path) -> None:
    ec2.behaves(
        describe=f"[ -e {tmp_path}/once ] || {{ touch {tmp_path}/once; echo 'no credentials' >&2; exit 253; }};"
    )
    result = ec2.claimed(OURS)
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("identity", [None, ""])
def test_a_pod_admitted_without_its_identity_stops_before_any_call(
    ec2: Ec2, sentence: Callable[[Result], str], monkeypatch: pytest.MonkeyPatch, identity: str | None
) -> None:
    ec2.stubs.add("curl", f"echo curl >>{ec2.calls}\n{METADATA}")
    if identity is None:
        monkeypatch.delitem(IDENTITY, "AWS_CONTAINER_CREDENTIALS_FULL_URI")
        result = ec2.claimed(OTHER)
    else:
        result = ec2.claimed(OTHER, AWS_CONTAINER_CREDENTIALS_FULL_URI=identity)
    assert sentence(result) == (
        "claim-address: this pod was admitted without its identity: delete the pod so that it is admitted again."
    )
    assert ec2.calls.read_text() == ""


@pytest.mark.parametrize("given", ["false", ""])
def test_the_role_of_the_node_is_never_taken_whatever_the_environment_says(ec2: Ec2, given: str) -> None:
    # The stand-in aws refuses to answer when it could take it; the interface is still read from the metadata.
    result = ec2.claimed(OTHER, AWS_EC2_METADATA_DISABLED=given)
    assert result.returncode == 0, result.stderr
    assert ec2.holder.read_text().strip() == OURS


def test_another_address_than_the_chain_advertises_is_refused(ec2: Ec2, sentence: Callable[[Result], str]) -> None:
    ec2.behaves(describe="printf '198.51.100.1\\tNone\\n'; exit 0;")
    assert "eipalloc-1 is the address 198.51.100.1, but the chain advertises 192.0.2.20" in sentence(ec2.claimed(OTHER))
    assert ec2.associations == 0


def test_without_the_metadata_service_it_fails_with_a_sentence(ec2: Ec2, sentence: Callable[[Result], str]) -> None:
    ec2.stubs.add("curl", "exit 28\n")
    assert "gives no token" in sentence(ec2.claimed(OTHER))


def test_nothing_but_the_tools_of_the_image_is_called() -> None:
    script = (COMMON_FILES / "claim-address-aws.sh").read_text()
    commands = [line for line in script.splitlines() if not line.lstrip().startswith("#")]
    assert not any(word in " ".join(commands) for word in ("jq", "yum", "apt", "apk", "pip", "bash"))
