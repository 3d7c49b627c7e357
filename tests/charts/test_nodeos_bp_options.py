"""The command lines that the chart nodeos-bp gives its managers, as the manager itself reads them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.charts.nodeos import SAMPLES, Nodeos, changed, rendered, sample


@pytest.fixture(scope="module")
def mainnet() -> Nodeos:
    """Two ordinals that may produce, and a spare."""
    return rendered()


@pytest.fixture(scope="module")
def jungle() -> Nodeos:
    """Two ordinals and two API nodes; the right moves by time."""
    return rendered(sample("jungle4"))


@pytest.mark.parametrize("name", SAMPLES)
def test_the_manager_takes_every_command_line(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    release = rendered(sample(name))
    for node in release.nodes:
        try:
            release.options(node)
        except SystemExit:
            pytest.fail(capsys.readouterr().err)


@pytest.mark.parametrize("name", SAMPLES)
def test_every_option_is_given_by_its_whole_name(name: str) -> None:
    """argparse takes an abbreviation, until another option begins so."""
    release = rendered(sample(name))
    for node in release.nodes:
        known = vars(release.options(node))
        for option in release.container(node)["args"]:
            assert option.partition("=")[0].removeprefix("--").replace("-", "_") in known


def test_a_fellow_is_every_other_ordinal_that_may_produce(mainnet: Nodeos, jungle: Nodeos) -> None:
    for release in (mainnet, jungle):
        assert release.options("nodeos-bp-0").fellow == ["nodeos-bp-1=http://nodeos-bp-1:8080"]
        assert release.options("nodeos-bp-1").fellow == ["nodeos-bp-0=http://nodeos-bp-0:8080"]


def test_each_fellow_is_asked_by_the_name_that_it_gives_itself_at_its_own_service(mainnet: Nodeos) -> None:
    for node in ("nodeos-bp-0", "nodeos-bp-1"):
        for fellow in mainnet.options(node).fellow:
            name, _, address = fellow.partition("=")
            assert mainnet.options(name).pod_name == name
            host, _, port = address.removeprefix("http://").partition(":")
            assert host in mainnet.of("Service")
            assert int(port) == mainnet.options(name).manager_api_port


def test_the_only_ordinal_has_no_fellow_by_which_its_manager_knows_it_is_alone() -> None:
    assert rendered(sample("private")).options("nodeos-bp-0").fellow == []


def test_the_active_ordinal_alone_takes_a_right_that_was_never_anybodys(mainnet: Nodeos) -> None:
    first = {node: mainnet.options(node).first for node in mainnet.nodes}
    assert first == {"nodeos-bp-0": False, "nodeos-bp-1": True, "nodeos-bp-2": False}


def test_who_may_not_produce_takes_no_part_in_the_right(mainnet: Nodeos, jungle: Nodeos) -> None:
    for options in (mainnet.options("nodeos-bp-2"), jungle.options("nodeos-api-0")):
        assert not options.bp_mode
        assert not options.producer
        assert not options.fellow
        assert not options.signature_provider_file
        assert options.finalizer_key_file is None


def test_who_may_produce_knows_our_names_and_how_the_right_moves(jungle: Nodeos) -> None:
    for node in ("nodeos-bp-0", "nodeos-bp-1"):
        options = jungle.options(node)
        assert options.bp_mode
        assert options.producer == ["examplebp111", "examplebp112"]
        assert options.failover == "automatic"
        assert (options.namespace, options.pod_uid) == ("bp", "an-uid")


def test_a_signers_url_goes_to_who_may_produce() -> None:
    options = rendered(sample("private")).options("nodeos-bp-0")
    assert (options.signer_url, options.signature_provider_file) == ("http://signer.keys.svc:6666", [])


def test_nodes_of_the_cluster_are_peers_and_nobody_is_its_own(mainnet: Nodeos, jungle: Nodeos) -> None:
    others = sample()["peers"]
    assert mainnet.options("nodeos-bp-1").peer == ["nodeos-bp-0:9876", "nodeos-bp-2:9876", *others]
    assert jungle.options("nodeos-api-1").peer == ["nodeos-bp-0:9876", "nodeos-bp-1:9876", *sample("jungle4")["peers"]]


def test_each_node_knows_the_disk_that_no_copy_of_it_is(mainnet: Nodeos) -> None:
    told = {node: mainnet.options(node).disk_id for node in mainnet.nodes}
    assert told == {node: ordinal["volumeId"] for node, ordinal in sample()["ordinals"].items()}


def test_large_numbers_stay_whole(jungle: Nodeos) -> None:
    assert "--auto-snapshot-modulo=172800" in jungle.container("nodeos-bp-0")["args"]
    weekly = rendered(changed("store.backups", {"period": 31536000, "modulo": 0, "keep": 3}))
    assert weekly.options("nodeos-bp-0").auto_backup_period == 31536000.0
    assert "--auto-backup-period=31536000" in weekly.container("nodeos-bp-0")["args"]


def test_ordinals_make_snapshots_and_backups_and_api_nodes_only_restore(mainnet: Nodeos, jungle: Nodeos) -> None:
    options = mainnet.options("nodeos-bp-0")
    assert options.store_url == sample()["store"]["url"]
    assert (options.auto_snapshot_period, options.number_of_snapshots_to_keep) == (21600, 7)
    assert (options.auto_backup_period, options.number_of_backups_to_keep) == (604800, 3)
    api = jungle.options("nodeos-api-0")
    assert (api.store_url, api.auto_restore) == ("gs://jungle4-backups", "snapshot")
    assert (api.auto_snapshot_period, api.auto_snapshot_modulo, api.auto_backup_period) == (0, 0, 0)


def test_without_a_bucket_nothing_is_scheduled() -> None:
    options = rendered(changed("store", None)).options("nodeos-bp-0")
    assert (options.store_url, options.auto_snapshot_period, options.auto_restore) == ("", 0, "none")


def test_nodeos_own_apis_are_asked_on_loopback_only(mainnet: Nodeos) -> None:
    for node in mainnet.nodes:
        assert mainnet.options(node).api_addr == "http://127.0.0.1:8888"
        assert not {port["containerPort"] for port in mainnet.container(node)["ports"]} & {8888}


def test_the_chain_its_flavour_and_the_program_are_told() -> None:
    options = rendered(sample("jungle4")).options("nodeos-bp-0")
    assert (options.chain_id, options.flavour) == (sample("jungle4")["chain"]["id"], "antelope")
    assert options.nodeos_path == Path("/usr/bin/nodeos")
    assert rendered(sample("private")).options("nodeos-bp-0").flavour == "eos"
