"""The simulation behind Pulumi's mocks refuses what it refuses behind the engine."""

from pathlib import Path

import pulumi
import pulumi_aws as aws
import pulumi_eks as eks
import pulumi_kubernetes as kubernetes
import pulumi_random as random
import pulumi_tls as tls
import pytest

from sandbox.mocks import SandboxMocks
from tests.unit.recording import Recording, record


def run(program: object, home: Path) -> Recording:
    assert callable(program)
    return record(program, SandboxMocks(home))


def test_resources_get_what_the_cloud_computes(tmp_path: Path) -> None:
    seen: dict[str, str] = {}

    def program() -> None:
        vpc = aws.ec2.Vpc("v", cidr_block="10.0.0.0/16")
        pulumi.Output.all(vpc.id, vpc.arn).apply(lambda known: seen.update(id=known[0], arn=known[1]))

    run(program, tmp_path)
    assert seen["id"].startswith("vpc-")
    assert seen["arn"] == f"arn:aws:ec2:eu-central-1:123456789012:vpc/{seen['id']}"


def test_a_wrong_property_raises_with_its_path(tmp_path: Path) -> None:
    def program() -> None:
        aws.ec2.LaunchTemplate("l", metadata_options={"httpTokns": "required"})

    with pytest.raises(Exception, match=r"metadataOptions\.httpTokns: unknown property"):
        run(program, tmp_path)


def test_a_reference_to_nothing_raises_with_its_code(tmp_path: Path) -> None:
    def program() -> None:
        aws.ec2.Subnet("s", vpc_id="vpc-0123456789abcdef0", cidr_block="10.0.0.0/24")

    with pytest.raises(Exception, match=r"InvalidVpcID\.NotFound"):
        run(program, tmp_path)


def test_secrets_stay_secret(tmp_path: Path) -> None:
    seen: list[bool] = []

    async def note(output: pulumi.Output[str]) -> None:
        seen.append(await output.is_secret())

    def program() -> None:
        password = random.RandomPassword("p", length=20)
        key = tls.PrivateKey("k", algorithm="ED25519")
        secret = aws.secretsmanager.Secret("s")
        aws.secretsmanager.SecretVersion("v", secret_id=secret.id, secret_string=password.result)
        for output in (password.result, key.private_key_pem):
            pulumi.Output.from_input(note(output))

    run(program, tmp_path).check("sandbox canary")
    assert seen == [True, True]


#: As the stand-in makes a cluster of pulumi-eks.
BARE = {
    "skip_default_node_group": True,
    "skip_default_security_groups": True,
    "use_default_vpc_cni": True,
    "kube_proxy_addon_options": {"enabled": False},
    "coredns_addon_options": {"enabled": False},
}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"skip_default_node_group": False}, "skipDefaultNodeGroup: .* needs true here"),
        ({"coredns_addon_options": {"enabled": True}}, 'corednsAddonOptions: .* needs {"enabled": false} here'),
        ({"fargate": True}, "fargate: .* does not do this"),
    ],
)
def test_what_the_stand_in_for_eks_does_not_make_is_refused_by_name(
    change: dict[str, object], reason: str, tmp_path: Path
) -> None:
    with pytest.raises(Exception, match=reason):
        run(lambda: eks.Cluster("c", **BARE | change), tmp_path)


def test_an_eks_cluster_can_be_built_upon(tmp_path: Path) -> None:
    seen: list[str] = []

    def program() -> None:
        vpc = aws.ec2.Vpc("v", cidr_block="10.0.0.0/16")
        subnet = aws.ec2.Subnet("s", vpc_id=vpc.id, cidr_block="10.0.0.0/24")
        made = eks.Cluster("c", vpc_id=vpc.id, subnet_ids=[subnet.id], **BARE)
        made.eks_cluster.endpoint.apply(seen.append)

    run(program, tmp_path)
    assert seen[0].endswith(".eks.amazonaws.com")


def test_a_kubernetes_provider_reaches_only_a_cluster_that_is_there(tmp_path: Path) -> None:
    def program() -> None:
        provider = kubernetes.Provider("k", kubeconfig='{"current-context": "x"}')
        kubernetes.core.v1.Namespace("n", opts=pulumi.ResourceOptions(provider=provider))

    with pytest.raises(Exception, match="no kubeconfig"):
        run(program, tmp_path)
