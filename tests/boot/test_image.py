"""image.sh: a new version restarts the container, and what cannot be had leaves the old one running."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.boot.harness import ADDRESS, AWS, IMAGE, NEWER, Machine, server


@pytest.fixture
def node(machine: Callable[..., Machine]) -> Machine:
    node = machine(AWS)
    node.program("systemctl", "exit 0")
    node.program("docker", 'case "$*" in "image inspect"*) exit 1 ;; esac')
    wants(node, IMAGE)
    return node


def wants(node: Machine, reference: str | None) -> None:
    node.program("aws", "exit 254" if reference is None else f"echo '{reference}'")


def runs(node: Machine) -> str:
    return (node.state / "image").read_text().strip()


def test_the_first_start_pulls_what_the_cloud_names(node: Machine) -> None:
    assert node.script("image.sh", "resolve").returncode == 0
    assert runs(node) == IMAGE
    assert node.called("docker")[-1] == f"docker pull --quiet {IMAGE}"


def test_nothing_is_pulled_that_is_here(node: Machine) -> None:
    node.program("docker", "exit 0")
    assert node.script("image.sh", "resolve").returncode == 0
    assert not any("pull" in call for call in node.called("docker"))


@pytest.mark.parametrize("loose", ["thetalabsorg/edgelauncher_mainnet:latest", "None", "", f"{IMAGE} --privileged"])
def test_what_is_not_pinned_by_digest_never_runs(node: Machine, loose: str) -> None:
    wants(node, loose)
    result = node.script("image.sh", "resolve")
    assert result.returncode == 1
    assert f"names no image by digest: '{loose}'" in result.stderr
    assert not (node.state / "image").exists()
    assert not node.called("docker")


def test_a_machine_whose_cloud_does_not_answer_starts_what_ran_before(node: Machine) -> None:
    assert node.script("image.sh", "resolve").returncode == 0
    wants(node, None)
    result = node.script("image.sh", "resolve")
    assert result.returncode == 0
    assert f"staying with {IMAGE}" in result.stderr


def test_a_new_machine_whose_cloud_does_not_answer_says_so(node: Machine) -> None:
    wants(node, None)
    result = node.script("image.sh", "resolve")
    assert result.returncode == 1
    assert f"{AWS.image_source} cannot be read, and no image ran here before" in result.stderr


def test_a_version_that_cannot_be_pulled_does_not_keep_a_machine_from_starting_the_old_one(node: Machine) -> None:
    assert node.script("image.sh", "resolve").returncode == 0
    wants(node, NEWER)
    node.program("docker", f'[ "$*" = "image inspect {IMAGE}" ]')
    result = node.script("image.sh", "resolve")
    assert result.returncode == 0, result.stderr
    assert f"{NEWER} cannot be pulled: staying with {IMAGE}" in result.stderr
    assert runs(node) == IMAGE
    # Nor, without either, is anything started.
    node.program("docker", "exit 1")
    result = node.script("image.sh", "resolve")
    assert result.returncode == 1
    assert f"{IMAGE} cannot be pulled either" in result.stderr


def test_a_new_machine_without_a_registry_says_so(node: Machine) -> None:
    node.program("docker", "exit 1")
    result = node.script("image.sh", "resolve")
    assert result.returncode == 1
    assert f"{IMAGE} cannot be pulled, and no image ran here before" in result.stderr
    assert not (node.state / "image").exists()


def test_a_new_version_is_pulled_first_and_then_the_container_restarts(node: Machine) -> None:
    node.script("image.sh", "resolve")
    wants(node, NEWER)
    assert node.script("image.sh", "update").returncode == 0
    assert runs(node) == NEWER
    calls = node.calls.read_text().splitlines()
    pulled, restarted = calls.index(f"docker pull --quiet {NEWER}"), len(calls) - 1
    assert calls[restarted] == "systemctl try-restart --no-block theta-edge-node.service"
    assert pulled < restarted


def test_the_same_version_restarts_nothing(node: Machine) -> None:
    node.script("image.sh", "resolve")
    assert node.script("image.sh", "update").returncode == 0
    assert not node.called("systemctl")


@pytest.mark.parametrize("trouble", ["no answer", "no digest", "no pull"])
def test_a_version_that_cannot_be_had_leaves_the_old_one_running(node: Machine, trouble: str) -> None:
    node.script("image.sh", "resolve")
    wants(node, {"no answer": None, "no digest": "x:latest", "no pull": NEWER}[trouble])
    if trouble == "no pull":
        node.program("docker", "exit 1")
    result = node.script("image.sh", "update")
    assert result.returncode == 1
    assert f"staying with {IMAGE}" in result.stderr
    assert runs(node) == IMAGE
    assert not node.called("systemctl")


def test_before_the_first_start_there_is_nothing_to_update(node: Machine) -> None:
    assert node.script("image.sh", "update").returncode == 0
    assert not node.called("aws")


def test_of_four_versions_the_one_that_answers_stays_and_none_goes_before(node: Machine) -> None:
    images = node.root / "images"
    images.mkdir()
    # What Docker does with its images: those of no container go when it is asked to prune them.
    node.program(
        "docker",
        f"""
name=$(basename "${{@: -1}}")
case "$*" in
"image inspect"*) [ -e {images}/"$name" ] ;;
"pull "*) touch {images}/"$name" ;;
"image prune --all --force") find {images} -type f -not -name "$(cat {node.root}/running)" -delete ;;
esac""",
    )
    versions = [IMAGE.replace("a" * 64, letter * 64) for letter in "abcd"]
    names = [version.rsplit("/", 1)[1] for version in versions]
    (node.run_dir / "password").write_text("x")
    for number, version in enumerate(versions):
        wants(node, version)
        assert node.script("image.sh", "update" if number else "resolve").returncode == 0
        (node.root / "running").write_text(names[number])
        before = names[max(0, number - 1) : number + 1]
        assert sorted(file.name for file in images.iterdir()) == before, (
            "the old one may be wanted until the new answers"
        )
        answers(node)
        assert [file.name for file in images.iterdir()] == [names[number]]


def answers(node: Machine) -> None:
    """The node says how it is, and ready.py hears it."""
    status = {"address": ADDRESS, "chain_id": "mainnet", "peer_id": "x", "current_height": "7", "current_time": "7"}
    with server(lambda _: (200, {"jsonrpc": "2.0", "id": 1, "result": status})) as (url, _):
        result = node.python("ready.py", CORE_PORT=url.rsplit(":", 1)[1], DELAY="0")
    assert result.returncode == 0, result.stderr
