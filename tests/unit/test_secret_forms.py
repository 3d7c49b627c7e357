"""Every component tells of each entry of its output `secrets` what it is, by the table that its pods are made from."""

from importlib import import_module

import pytest

from nodeyard.mantis_cluster import secrets as mantis
from nodeyard.metis_replica import secrets as replica
from nodeyard.metis_sequencer import secrets as metis
from nodeyard.nodeos_bp_cluster import secrets as nodeos
from nodeyard.secret_use import SecretTable, by_output
from nodeyard.theta_edge_node import secrets as theta
from nodeyard.tsm_node import secrets as tsm
from stacks import kinds

TABLES = {
    "metis_replica": replica.SECRETS,
    "metis_sequencer": metis.SECRETS,
    "tsm_node": tsm.SECRETS,
    "theta_edge_node": theta.SECRETS,
    "nodeos_bp_cluster": nodeos.secret_table(["bp-0"], [(0, "bp-0"), (12, "bp-12")], ["bp-0"]),
    "mantis_cluster": mantis.secret_table(["miner-0", "faucet"], []),
}


@pytest.mark.parametrize(("component", "table"), TABLES.items(), ids=TABLES)
def test_what_an_entry_is_stands_in_the_table_of_the_pods(component: str, table: SecretTable) -> None:
    use_of = import_module(f"nodeyard.{component}.secrets").use_of
    for entry, use in by_output(table).items():
        assert (use_of(entry).problem, use_of(entry).lost) == (use.problem, use.lost)
        assert use.problem("two\nlines\tand a tab"), f"nothing is wrong with any {entry}"


def test_every_kind_whose_component_has_secrets_is_asked_about_them() -> None:
    asked = {module.FILE.component for module in kinds().values()} - {"", "platform"}
    assert asked == {*TABLES, "tsm_network"}
    for component in asked:
        assert callable(import_module(f"nodeyard.{component}.secrets").use_of)
