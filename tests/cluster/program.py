"""A small program that makes a cluster and something in it, with a control plane and without."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from textwrap import dedent

from tests.cluster.harness import Kubernetes
from tests.cluster.harness import Sandbox as Clusters
from tests.engine.harness import STACK, Project

CLUSTER = """
    import json, pulumi, pulumi_aws as aws, pulumi_kubernetes as kubernetes

    vpc = aws.ec2.Vpc("net", cidr_block="10.0.0.0/16")
    subnet = aws.ec2.Subnet("sub", vpc_id=vpc.id, cidr_block="10.0.0.0/24", availability_zone="eu-central-1a")
    role = aws.iam.Role("role", assume_role_policy=json.dumps({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]}))
    cluster = aws.eks.Cluster("c", name="small", role_arn=role.arn, version="1.33",
        vpc_config={"subnet_ids": [subnet.id]})
    aws.eks.NodeGroup("n", cluster_name=cluster.name, node_role_arn=role.arn, subnet_ids=[subnet.id],
        instance_types=["m6i.large"], scaling_config={"desired_size": 1, "min_size": 1, "max_size": 1})
    kubeconfig = cluster.endpoint.apply(lambda endpoint: json.dumps({
        "current-context": "x",
        "contexts": [{"name": "x", "context": {"cluster": "x", "user": "x"}}],
        "clusters": [{"name": "x", "cluster": {"server": endpoint}}],
        "users": [],
    }))
    opts = pulumi.ResourceOptions(provider=kubernetes.Provider("k", kubeconfig=kubeconfig))

    def deployment(name="app", annotations={}, nowhere=False, **spec):
        labels = {"app": name}
        pod = {"containers": [{"name": "app", "image": "images.invalid/app"}]}
        pod |= {"nodeSelector": {"no": "where"}} if nowhere else {}
        return kubernetes.apps.v1.Deployment(name,
            metadata={"name": name, "annotations": annotations},
            spec={"selector": {"matchLabels": labels}, **spec,
                  "template": {"metadata": {"labels": labels}, "spec": pod}},
            opts=opts)
"""


class Program:
    """A stack whose program is the cluster and something more."""

    def __init__(self, project: Project, clusters: Clusters):
        self.project, self.clusters = project, clusters

    def write(self, more: str = "") -> None:
        self.project.program(dedent(CLUSTER) + dedent(more))

    def up(self, more: str = "") -> str:
        self.write(more)
        return self.project.up(STACK)

    def fails(self, more: str, *command: str) -> str:
        self.write(more)
        return self.project.fails(*(command or ("up", "--stack", STACK, "--yes", "--skip-preview")))

    def preview_fails(self, more: str) -> str:
        return self.fails(more, "preview", "--stack", STACK)

    @property
    def kubernetes(self) -> Kubernetes:
        return self.clusters.kubernetes("small")


@contextmanager
def running(home: Path, *, control_plane: bool = True) -> Iterator[Program]:
    """The program once it has made its cluster, on a control plane or on the stand-in alone."""
    clusters = Clusters(home)
    if control_plane:
        clusters.cluster("start")
    owner = {"SANDBOX_CLUSTER_OWNER": str(os.getpid())}
    made = Program(Project(home / "program", home, "provider", **owner), clusters)
    made.up()
    yield made
    if control_plane:
        clusters.cluster("stop")
