"""A team releases every chart of ours with the rights that a platform gives its `deployer`."""

from itertools import product
from pathlib import Path
from typing import Any

from nodeyard.clouds.contract.cluster import TeamRole
from nodeyard.clouds.in_cluster.teams import ROLES
from tests.charts.harness import SAMPLES, helm, of_every_sample, parsed

AS_THE_COMPONENT_DOES = {"nodeos-bp": ("--set", "rbac.create=false")}
DEPLOYER = {
    (group, resource): set(rule["verbs"])
    for rule in ROLES[TeamRole.DEPLOYER]
    for group, resource in product(rule["apiGroups"], rule["resources"])
}


def objects(sample: Path, *told: str) -> tuple[dict[str, Any], ...]:
    result = helm("template", "ours", sample.parents[1], "--namespace", "team", "--values", sample, *told)
    assert result.returncode == 0, result.stderr
    return parsed(result.stdout)


def refused(made: tuple[dict[str, Any], ...]) -> set[str]:
    """The kinds that a deployer may not make, change and remove, or that lie in another namespace."""
    needed = {"get", "create", "update", "patch", "delete"}
    return {item["kind"] for item in made if not needed <= DEPLOYER.get(resource(item), set())} | {
        item["kind"] for item in made if item["metadata"].get("namespace", "team") != "team"
    }


def resource(item: dict[str, Any]) -> tuple[str, str]:
    """Kubernetes' name of an object's resource, with its API group."""
    group, _, _ = item["apiVersion"].rpartition("/")
    kind = item["kind"].lower()
    if kind.endswith("y"):
        return group, kind.removesuffix("y") + "ies"
    return group, kind + ("es" if kind.endswith("s") else "s")


@of_every_sample
def test_a_deployer_may_make_change_and_remove_every_object_of_a_chart(sample: Path) -> None:
    made = objects(sample, *AS_THE_COMPONENT_DOES.get(sample.parts[-3], ()))
    assert made
    assert refused(made) == set()


def test_a_chart_that_gives_rights_is_not_a_deployers_to_release() -> None:
    [sample] = [path for path in SAMPLES if path.name == "eos-mainnet-values.yaml"]
    assert refused(objects(sample)) == {"Role", "RoleBinding"}
