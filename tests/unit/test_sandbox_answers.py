"""What the sandbox adds to a stack's outputs: where its clouds are, and its cluster."""

from pathlib import Path

import pytest

from sandbox import answers
from sandbox.endpoints import server

SERVER = "https://ABC.gr7.us-east-2.eks.amazonaws.com"
CONFIG = {"clusters": [{"name": "platform-aws", "cluster": {"server": SERVER}}]}


@pytest.mark.parametrize(
    ("words", "asks"),
    [
        ("stack output --json --stack metis", True),
        ("--stack metis stack output -j", True),
        ("stack output --json --color never -s metis --show-secrets", True),
        ("stack output --stack metis", False),
        ("stack output cloud --json", False),
        ("stack history --json", False),
        ("up --json", False),
    ],
)
def test_a_program_that_asks_for_all_outputs_is_answered(words: str, asks: bool) -> None:
    assert answers.asks_for_outputs(words.split()) == asks


def test_tests_of_pulumis_own_answer_leave_it_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDBOX_NO_ENDPOINTS", "1")
    assert not answers.asks_for_outputs(["stack", "output", "--json"])


def test_the_clouds_are_where_the_sandbox_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "urls", lambda home: {"secretsmanager": f"http://127.0.0.1:1/{home.name}"})
    assert answers.added({"cloud": {"region": "us-east-2"}}, tmp_path) == {}, "nothing was ever made there"
    (tmp_path / "world.sqlite").touch()
    added = answers.added({"cloud": {"region": "us-east-2"}, "kubeconfig": CONFIG}, tmp_path)
    url = f"http://127.0.0.1:1/{tmp_path.name}"
    assert added["cloud"] == {"region": "us-east-2", "endpoints": {"secretsmanager": url}}
    assert answers.added({}, tmp_path) == {"cloud": {"endpoints": {"secretsmanager": url}}}


def test_while_no_control_plane_runs_the_kubeconfig_says_so_and_leads_nowhere(tmp_path: Path) -> None:
    (tmp_path / "world.sqlite").touch()
    config = answers.kubeconfig(CONFIG, tmp_path)
    assert SERVER not in str(config)
    assert "./sandbox/cluster start" in config["users"][0]["user"]["exec"]["args"][1]
    assert config["current-context"] == "platform-aws"
