"""Stand-in resources behave under the real engine as a cloud's do."""

import json
from pathlib import Path

import pytest

from sandbox.simulation.world import World
from tests.engine.conftest import MakeProject
from tests.engine.harness import STACK, Project

NETWORK = """
    import pulumi, pulumi_aws as aws

    vpc = aws.ec2.Vpc("net", cidr_block="10.0.0.0/16")
    subnet = aws.ec2.Subnet("sub", vpc_id=vpc.id, cidr_block="10.0.0.0/24")
"""
CLUSTER = (
    NETWORK
    + """
    import json, pulumi_kubernetes as kubernetes

    control_plane = aws.eks.Cluster(
        "c", role_arn="arn:aws:iam::aws:policy/AdministratorAccess", vpc_config={"subnet_ids": [subnet.id]}
    )

    def kubeconfig(endpoint):
        return json.dumps({
            "current-context": "x",
            "contexts": [{"name": "x", "context": {"cluster": "x", "user": "x"}}],
            "clusters": [{"name": "x", "cluster": {"server": endpoint}}],
            "users": [],
        })

    provider = kubernetes.Provider("k", kubeconfig=control_plane.endpoint.apply(kubeconfig))
    opts = pulumi.ResourceOptions(provider=provider)
"""
)


def steps(probe: Project) -> dict[str, str]:
    """Type -> operation of everything that a preview would change."""
    planned = probe.preview(STACK)["steps"]
    return {s["urn"].split("::")[2].split("$")[-1]: s["op"] for s in planned if s["op"] not in ("same", "read")}


def resource(probe: Project, kind: str) -> dict[str, object]:
    [found] = [r for r in probe.export(STACK)["deployment"]["resources"] if r["type"].endswith(kind)]
    assert isinstance(found, dict)
    return found


def test_a_second_up_and_a_refresh_change_nothing(project: MakeProject) -> None:
    probe = project(NETWORK)
    assert "+ 3 created" in probe.up(STACK)
    assert "3 unchanged" in probe.up(STACK)
    assert "3 unchanged" in probe.ok("refresh", "--stack", STACK, "--yes", "--skip-preview")


def test_a_preview_knows_what_was_given_and_not_what_the_cloud_will_add(project: MakeProject) -> None:
    planned = project(NETWORK).preview(STACK)
    [subnet] = [s["newState"] for s in planned["steps"] if s["urn"].endswith("::sub")]
    assert subnet["inputs"]["cidrBlock"] == "10.0.0.0/24"
    assert subnet["inputs"]["vpcId"] == "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
    assert planned["changeSummary"] == {"create": 3}


def test_a_wrong_and_a_missing_property_fail_with_their_paths(project: MakeProject) -> None:
    said = project(
        """
        import pulumi_aws as aws
        scaling, taints = {"min_size": 1, "desired_size": 1}, [{"key": "k", "efect": "NO_SCHEDULE"}]
        of = {"cluster_name": "c", "node_role_arn": "r", "subnet_ids": []}
        aws.eks.NodeGroup("n", scaling_config=scaling, taints=taints, **of)
        """
    ).fails("preview", "--stack", STACK)
    assert "taints[0].efect: unknown property 'efect'; did you mean 'effect'?" in said
    assert "scalingConfig.maxSize: missing required property 'maxSize'" in said


def test_a_reference_to_nothing_fails_with_the_clouds_code(project: MakeProject) -> None:
    said = project(
        """
        import pulumi_aws as aws
        aws.ec2.Subnet("s", vpc_id="vpc-0123456789abcdef0", cidr_block="10.0.0.0/24")
        """
    ).fails("up", "--stack", STACK, "--yes", "--skip-preview")
    assert "InvalidVpcID.NotFound: 'vpc-0123456789abcdef0' does not exist" in said


def test_a_secret_is_in_no_state_and_no_log(project: MakeProject) -> None:
    probe = project(
        """
        import pulumi, pulumi_aws as aws, pulumi_random as random
        given = pulumi.Config().require_secret("given")
        password = random.RandomPassword("p", length=32)
        secret = aws.secretsmanager.Secret("s")
        aws.secretsmanager.SecretVersion("v", secret_id=secret.id, secret_string=password.result)
        aws.secretsmanager.Secret("empty")
        aws.ssm.Parameter("given", type="SecureString", value=given, description=given)
        pulumi.export("password", password.result)
        """
    )
    probe.configure(STACK, "--secret", "given", "canary-1c7a")
    probe.up(STACK)
    probe.ok("refresh", "--stack", STACK, "--yes", "--skip-preview")
    probe.ok("preview", "--stack", STACK, "--diff")
    [password] = [o for o in World(probe.home / "world.sqlite").all() if o.type.endswith(":RandomPassword")]
    written = probe.printed + "".join(f.read_text() for f in (probe.home / "state").rglob("*.json"))
    for secret in ("canary-1c7a", password.properties["result"], "sandbox canary for"):
        assert secret not in written


def test_a_wrong_secret_is_not_printed_with_its_refusal(project: MakeProject) -> None:
    said = project(
        """
        import pulumi, pulumi_aws as aws
        aws.ssm.Parameter("p", type="Sting", value=pulumi.Output.secret(48151623))
        """
    ).fails("preview", "--stack", STACK)
    assert "type: expected one of String, StringList, SecureString, got 'Sting'" in said
    assert "value: expected a string, got a whole number" in said
    assert "48151623" not in said


def test_what_cannot_change_in_place_is_replaced(project: MakeProject) -> None:
    probe = project(NETWORK)
    probe.up(STACK)
    before = resource(probe, ":Subnet")["id"]
    probe.program(NETWORK.replace("10.0.0.0/24", "10.0.9.0/24"))
    assert steps(probe) == {"aws:ec2/subnet:Subnet": "replace"}
    probe.up(STACK)
    assert resource(probe, ":Subnet")["id"] != before


MACHINES = """
    import pulumi_aws as aws

    def group(name):
        return aws.ec2.SecurityGroup(name, description=name)

    groups = [group("first")]
    template = aws.ec2.LaunchTemplate(
        "t", image_id="ami-1", instance_type="c5.large", vpc_security_group_ids=[group.id for group in groups]
    )
    version = {"id": template.id, "version": template.latest_version.apply(str)}
    aws.autoscaling.Group("g", min_size=1, max_size=1, availability_zones=["eu-central-1a"], launch_template=version)
    aws.ssm.Parameter("p", type="String", value=template.name)
"""


@pytest.mark.parametrize(
    "change",
    [
        ('groups = [group("first")]', 'groups = [group("first"), group("second")]'),  # an id that is not known yet
        ("c5.large", "c5.xlarge"),
    ],
)
def test_a_preview_plans_what_up_does_to_what_depends_on_a_change(
    project: MakeProject, change: tuple[str, str]
) -> None:
    probe = project(MACHINES)
    probe.up(STACK)
    probe.program(MACHINES.replace(*change))
    changed = {type_ for type_, operation in steps(probe).items() if operation == "update"}
    assert changed == {"aws:ec2/launchTemplate:LaunchTemplate", "aws:autoscaling/group:Group"}
    said = probe.up(STACK)
    assert "~ 2 updated" in said
    assert steps(probe) == {}


def test_a_chosen_name_makes_room_for_itself_when_replaced(project: MakeProject) -> None:
    program = 'import pulumi_aws as aws; aws.cloudwatch.LogGroup("l", name="chosen")'
    probe = project(program)
    probe.up(STACK)
    probe.program('import pulumi_aws as aws; aws.ec2.Eip("e", domain="vpc", public_ipv4_pool="amazon")')
    probe.up(STACK)
    probe.program(program)
    probe.up(STACK)
    assert resource(probe, ":LogGroup")["id"] == "chosen"


def test_a_refresh_finds_what_drifted_and_what_is_gone(project: MakeProject) -> None:
    probe = project(
        """
        import pulumi_aws as aws
        aws.cloudwatch.LogGroup("l", retention_in_days=30)
        aws.ec2.Eip("e", domain="vpc")
        """
    )
    probe.up(STACK)
    world = World(probe.home / "world.sqlite")
    group, address = (
        world.find(str(found["type"]), id_=str(found["id"]))[0]
        for found in (resource(probe, ":LogGroup"), resource(probe, ":Eip"))
    )
    for kept in (group.inputs, group.properties):
        kept["retentionInDays"] = 7
    world.put(group, [], [])
    world.delete(address)
    said = probe.ok("refresh", "--stack", STACK, "--yes", "--skip-preview")
    assert "~ 1 updated" in said
    assert "- 1 deleted" in said
    assert steps(probe) == {"aws:cloudwatch/logGroup:LogGroup": "update", "aws:ec2/eip:Eip": "create"}


def test_what_exists_can_be_imported(project: MakeProject) -> None:
    first = project(NETWORK, named="first")
    first.up(STACK)
    vpc = resource(first, ":Vpc")["id"]
    adopting = """
        import pulumi, pulumi_aws as aws
        aws.ec2.Vpc("{name}", cidr_block="10.0.0.0/16", opts=pulumi.ResourceOptions(import_="{vpc}"))
    """
    second = project(adopting.format(name="v", vpc=vpc), named="second")
    assert "1 imported" in second.up(STACK)
    second.program(adopting.format(name="w", vpc="vpc-0123456789abcdef0"))
    assert "does not exist" in second.fails("preview", "--stack", STACK)


def test_a_second_project_stands_on_what_the_first_made(project: MakeProject) -> None:
    first = project(NETWORK + '\n    pulumi.export("vpc", vpc.id)', named="first")
    first.up(STACK)
    name = (first.cwd / "Pulumi.yaml").read_text().split("name: ")[1].split()[0]
    second = project(
        f"""
        import pulumi, pulumi_aws as aws
        first = pulumi.StackReference("organization/{name}/{STACK}")
        aws.ec2.Subnet("s", vpc_id=first.require_output("vpc"), cidr_block="10.0.200.0/24")
        """,
        named="second",
    )
    assert "+ 2 created" in second.up(STACK)


@pytest.fixture
def release(project: MakeProject, chart: Path) -> Project:
    values = 'pulumi.Config().get_object("values") or {}'
    return project(
        CLUSTER
        + f"""
    kubernetes.helm.v3.Release("r", name="r", chart="{chart}", values={values}, skip_await=True, opts=opts)
"""
    )


def becomes(chart: Path, version: str, template: str) -> None:
    """By its version the provider sees that a chart has changed."""
    (chart / "Chart.yaml").write_text(f"apiVersion: v2\nname: chart\nversion: {version}\n")
    (chart / "templates/settings.yaml").write_text(template)


def test_a_changed_chart_is_a_change_by_its_version_and_an_unknown_field_is_refused_by_name(
    release: Project, chart: Path
) -> None:
    release.up(STACK)
    assert steps(release) == {}
    template = (chart / "templates/settings.yaml").read_text().replace("key: value", "key: other")
    becomes(chart, "0.1.0", template)
    assert steps(release) == {}
    becomes(chart, "0.2.0", template)
    assert steps(release) == {"kubernetes:helm.sh/v3:Release": "update"}
    becomes(chart, "0.2.0", template + "imutable: true\n")
    said = release.fails("preview", "--stack", STACK)
    assert "ConfigMap/settings: imutable: unknown field; did you mean immutable?" in said


def test_a_broken_release_is_repaired_by_the_next_up(release: Project, chart: Path) -> None:
    release.up(STACK)
    good = (chart / "templates/settings.yaml").read_text()
    becomes(
        chart, "0.2.0", good.replace("metadata: {name: settings}", "metadata: {name: settings, namespace: nowhere}")
    )
    said = release.fails("up", "--stack", STACK, "--yes", "--skip-preview")
    assert 'UPGRADE FAILED: namespaces "nowhere" not found' in said
    becomes(chart, "0.3.0", good)
    assert steps(release) == {"kubernetes:helm.sh/v3:Release": "update"}
    release.up(STACK)
    assert steps(release) == {}


def test_a_remote_chart_is_recorded_and_the_output_says_so(project: MakeProject) -> None:
    probe = project(
        CLUSTER
        + """
    where = {"repo": "https://charts.example"}
    kubernetes.helm.v3.Release("cert-manager", chart="cert-manager", repository_opts=where, opts=opts)
"""
    )
    said = probe.up(STACK)
    assert "chart cert-manager from https://charts.example is recorded, not rendered" in said


def test_a_preview_as_json_is_json_and_nothing_else(project: MakeProject) -> None:
    out = project('print("noise"); import pulumi_aws as aws; aws.ec2.Eip("e")').ok(
        "preview", "--stack", STACK, "--json"
    )
    assert json.loads(out)["changeSummary"] == {"create": 2}
