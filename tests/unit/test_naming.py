"""Names that each cloud takes, whatever the program calls a thing."""

import re
import string

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nodeyard.clouds import naming
from nodeyard.clouds.naming import Rule

RULES = {name: rule for name, rule in vars(naming).items() if isinstance(rule, Rule)}

#: Each cloud's own words for some of its rules, as its documentation has them.
CLOUDS = {
    "AKS_NODE_POOL": r"[a-z][a-z0-9]{0,11}",
    "KEY_VAULT": r"(?=.{3,24}$)(?!.*--)[a-zA-Z][a-zA-Z0-9-]*[a-zA-Z0-9]",
    "KEY_VAULT_SECRET": r"[0-9a-zA-Z-]{1,127}",
    "GCP_RESOURCE": r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?",
    "GCP_SERVICE_ACCOUNT": r"[a-z][a-z0-9-]{4,28}[a-z0-9]",
    "GCP_ROLE": r"[a-zA-Z0-9_.]{3,64}",
    "GCP_SECRET": r"[a-zA-Z0-9_-]{1,255}",
    "GKE_NODE_POOL": r"[a-z]([-a-z0-9]{0,38}[a-z0-9])?",
    "AKS_CLUSTER": r"[a-z0-9][a-z0-9_-]{0,61}[a-z0-9]|[a-z0-9]",
    "AKS_DNS_PREFIX": r"[a-zA-Z0-9]([a-zA-Z0-9-]{0,52}[a-zA-Z0-9])?",
    "AZURE_ADDRESS": r"[a-zA-Z0-9]([\w.-]{0,78}\w)?",
    "AZURE_BACKUP_VAULT": r"[a-zA-Z][a-zA-Z0-9-]{1,49}",
    "AZURE_BACKUP_POLICY": r"[a-zA-Z][a-zA-Z0-9-]{2,149}",
    "AZURE_BACKUP_INSTANCE": r"[\w.-]{1,80}",
    "AZURE_DISK_ENCRYPTION_SET": r"[\w-]{1,80}",
    "AZURE_DATABASE": r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]",
    "AZURE_PRIVATE_ENDPOINT": r"[a-zA-Z0-9][\w.-]{0,62}\w",
    "AZURE_DISK": r"[\w.-]{1,80}",
    "AZURE_MACHINE": r"[a-zA-Z0-9]([a-zA-Z0-9-]{0,62}[a-zA-Z0-9])?",
    "AZURE_IDENTITY": r"[a-zA-Z0-9][\w-]{2,127}",
    "AZURE_NETWORK": r"[a-zA-Z0-9][\w.-]{0,62}\w",
    "AZURE_RESOURCE_GROUP": r"[\w.()-]{0,89}[\w()-]",
    "AZURE_STORAGE_ACCOUNT": r"[a-z0-9]{3,24}",
    "AZURE_CONTAINER": r"(?=.{3,63}$)[a-z0-9](-?[a-z0-9]+)*",
    "EKS_NODE_GROUP": r"[a-zA-Z0-9][\w-]{0,62}",
    "GCP_KEY": r"[a-zA-Z0-9_-]{1,63}",
    "GCP_DATABASE": r"[a-z]([a-z0-9-]{0,65}[a-z0-9])?",
    "GCP_BUCKET": r"[a-z0-9][a-z0-9_-]{1,61}[a-z0-9]",
    "GKE_CLUSTER": r"[a-z]([-a-z0-9]{0,38}[a-z0-9])?",
    "AWS_SECRET": r"[a-zA-Z0-9/_+=.@-]{1,512}",
    "AWS_LOAD_BALANCER": r"(?!-)[a-zA-Z0-9-]{1,32}(?<!-)",
    # What a bucket's name ends with is 31 of 63, and `xn--` may not begin it.
    "AWS_BUCKET": r"(?!xn--)[a-z0-9][a-z0-9-]{0,31}(?<!-)",
    "RDS_INSTANCE": r"(?=.{1,63}$)[a-z](-?[a-z0-9]+)*",
    "AWS_MACHINE_GROUP": r"[^:]{1,255}",
    "AWS_LAUNCH_TEMPLATE": r"[a-zA-Z0-9().\-/_]{3,128}",
    "AWS_ROLE": r"[\w+=,.@-]{1,64}",
    "AWS_ROLE_POLICY": r"[\w+=,.@-]{1,128}",
    "AWS_ALARM": r"[ -~]{1,255}",
    "AZURE_NETWORK_PART": r"[a-zA-Z0-9]([\w.-]{0,78}\w)?",
    "AZURE_ALERT_RULE": r"[^*#&+:<>?@%{}\\/]{1,259}[^*#&+:<>?@%{}\\/ .]|[^*#&+:<>?@%{}\\/ .]",
    "AZURE_FEDERATED_CREDENTIAL": r"[a-zA-Z0-9][\w-]{2,119}",
    "AZURE_COLLECTION": r"[a-zA-Z0-9][a-zA-Z0-9-]{1,42}[a-zA-Z0-9]",
}

names = st.one_of(
    st.text(min_size=1, max_size=600),
    st.text(alphabet=string.ascii_letters + string.digits + "-_/.", min_size=1, max_size=600),
)


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
@given(name=names)
@example(name="metis-sepolia-azure-l2geth")
@example(name="-")
@example(name="a--b")
@example(name="7" * 70)
@example(name="Metis/Mainnet")
def test_every_name_fits(rule: Rule, name: str) -> None:
    fitted = rule.fit(name)
    assert rule.takes(fitted)
    assert rule.fit(fitted) == rule.fit(name) == fitted


def test_every_rule_is_held_to_its_clouds_own_words() -> None:
    assert CLOUDS.keys() == RULES.keys()


@pytest.mark.parametrize("rule", CLOUDS)
@given(name=names)
def test_what_fits_is_what_the_cloud_documents(rule: str, name: str) -> None:
    assert re.fullmatch(CLOUDS[rule], RULES[rule].fit(name))


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
@given(first=names, second=names)
@example(first="a/b", second="a-b")
@example(first="metis-a" + "x" * 600, second="metis-b" + "x" * 600)
@example(first="METIS", second="metis")
def test_two_names_that_need_spelling_never_become_one(rule: Rule, first: str, second: str) -> None:
    assert (rule.fit(first) == rule.fit(second)) == (first == second)


def test_what_the_cloud_takes_stays_as_it_is() -> None:
    for name, rule in RULES.items():
        assert rule.fit("metis1") == "metis1", name


def test_a_pool_of_aks_is_told_by_the_end_of_its_name() -> None:
    assert naming.AKS_NODE_POOL.fit("metis-sepolia-azure-l2geth").startswith("l2geth")
