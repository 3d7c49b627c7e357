"""themis' readiness, asked as the kubelet asks it: by the chart's own command, with a real jq."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.charts.harness import Stubs
from tests.charts.metis import Release


def ready(release: Release, stubs: Stubs, answer: str) -> bool:
    command: list[Any] = release.containers()["themis/themis"]["readinessProbe"]["exec"]["command"]
    stubs.add("curl", f"cat <<'EOF'\n{answer}\nEOF\n")
    script = stubs.directory / "readiness"
    script.write_text(command[-1])
    return stubs.run(script).returncode == 0


def status(age: timedelta, catching_up: str = "false") -> str:
    """What Tendermint answers: its times have nanoseconds, or no fraction at all."""
    time = (datetime.now(UTC) - age).strftime("%Y-%m-%dT%H:%M:%S.123456789Z")
    return (
        f'{{"result": {{"sync_info": {{"latest_block_height": "7", "latest_block_time": "{time}",'
        f' "catching_up": {catching_up}}}}}}}'
    )


@pytest.mark.parametrize("seconds", [0, 6, 100])
def test_themis_is_ready_while_its_own_blocks_come(release: Release, stubs: Stubs, seconds: int) -> None:
    answer = status(timedelta(seconds=seconds))
    assert ready(release, stubs, answer)
    assert ready(release, stubs, answer.replace(".123456789", ""))


def test_themis_is_not_ready_once_its_own_height_stands(release: Release, stubs: Stubs) -> None:
    assert not ready(release, stubs, status(timedelta(seconds=130)))


@pytest.mark.parametrize("answer", [status(timedelta(), "true"), "", "{}", "Internal error"])
def test_themis_is_not_ready_while_it_syncs_or_does_not_answer(release: Release, stubs: Stubs, answer: str) -> None:
    assert not ready(release, stubs, answer)
