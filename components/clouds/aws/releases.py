"""The Helm releases that every cluster of ours has."""

from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as kubernetes
from pulumi import Input, ResourceOptions

from .cluster_facts import ClusterFacts
from .load_balancer_policy import statements
from .pod_role import NAMESPACE, pod_role

EVERY_TAINT: list[dict[str, str]] = [{"operator": "Exists"}]

LOAD_BALANCER_ACCOUNT = "aws-load-balancer-controller"


class Releases(pulumi.ComponentResource):
    """Charts from their makers' repositories, each at one version, each waited for.

    Makes: `kubernetes:helm.sh/v3:Release` for the AWS Load Balancer Controller (with its role), the Secrets Store CSI
    driver and its AWS provider, and the definitions of the Prometheus operator's resources, so that a ServiceMonitor
    or a PrometheusRule is always accepted; Prometheus itself is the operator's choice.
    """

    def __init__(self, name: str, cluster: ClusterFacts, chart_mirror: str | None, opts: ResourceOptions) -> None:
        super().__init__("nodeyard:aws:Releases", name, None, opts)
        self._mirror = chart_mirror
        # Versions and repositories as each project's own Chart.yaml and README give them, read in August 2026.
        self._release(
            "prometheus-operator-crds",
            repository="https://prometheus-community.github.io/helm-charts",
            version="31.0.1",
            values={},
        )
        self._load_balancer_controller(name, cluster)
        driver = self._release(
            "secrets-store-csi-driver",
            repository="https://kubernetes-sigs.github.io/secrets-store-csi-driver/charts",
            version="1.6.0",
            values={
                "linux": {"tolerations": EVERY_TAINT},
                "syncSecret": {"enabled": True},
                # A secret changes for a pod when the pod is replaced, and not before: what a validator signs with must
                # not change under it.
                "enableSecretRotation": False,
                # The AWS provider asks for the first with IRSA and for the second with Pod Identity.
                "tokenRequests": [{"audience": "sts.amazonaws.com"}, {"audience": "pods.eks.amazonaws.com"}],
            },
        )
        self._release(
            "secrets-store-csi-driver-provider-aws",
            repository="https://aws.github.io/secrets-store-csi-driver-provider-aws",
            version="3.1.1",
            values={
                "awsRegion": cluster.region,
                # The chart's own default tolerates nothing: on a tainted node a mount then fails with "provider not
                # found: aws".
                "tolerations": EVERY_TAINT,
                # It would bring the driver along, at a version of its own.
                "secrets-store-csi-driver": {"install": False},
            },
            depends_on=[driver],
        )
        self.register_outputs({})

    def _load_balancer_controller(self, name: str, cluster: ClusterFacts) -> None:
        child = ResourceOptions(parent=self)
        role = pod_role(
            f"{name}-load-balancers",
            LOAD_BALANCER_ACCOUNT,
            cluster,
            statements=pulumi.Output.all(cluster.account, cluster.network_id).apply(
                lambda facts: statements(cluster.region, facts[0], facts[1], cluster.name)
            ),
            opts=child,
        )
        association = aws.eks.PodIdentityAssociation(
            f"{name}-load-balancers",
            cluster_name=cluster.name,
            namespace=NAMESPACE,
            service_account=LOAD_BALANCER_ACCOUNT,
            role_arn=role.arn,
            opts=ResourceOptions(parent=self, depends_on=list(role.rights)),
        )
        self._release(
            "aws-load-balancer-controller",
            repository="https://aws.github.io/eks-charts",
            version="3.5.0",
            values={
                "clusterName": cluster.name,
                # It cannot ask the instance's metadata for these: they answer no further than the host itself.
                "region": cluster.region,
                "vpcId": cluster.network_id,
                "serviceAccount": {"name": LOAD_BALANCER_ACCOUNT},
                # Its certificate would change, and with it the release, at every update.
                "keepTLSSecret": True,
                # A Service that wants it names it as its loadBalancerClass. As a webhook in front of every Service it
                # would stop all releases whenever it does not answer.
                "enableServiceMutatorWebhook": False,
                "enableShield": False,
                "enableWaf": False,
                "enableWafv2": False,
            },
            depends_on=[association],
        )

    def _release(
        self,
        chart: str,
        *,
        repository: str,
        version: str,
        values: Mapping[str, Input[Any]],
        depends_on: list[pulumi.Resource] | None = None,
    ) -> kubernetes.helm.v3.Release:
        # With a mirror the archive's name says chart and version; neither is looked up anywhere.
        source: dict[str, Any] = {"chart": chart, "version": version, "repository_opts": {"repo": repository}}
        if self._mirror:
            source = {"chart": f"{self._mirror}/{chart}-{version}.tgz"}
        return kubernetes.helm.v3.Release(
            chart,
            name=chart,
            namespace=NAMESPACE,
            values=values,
            max_history=5,
            timeout=600,
            opts=ResourceOptions(parent=self, depends_on=depends_on),
            **source,
        )
