"""The Helm releases that every cluster of ours has."""

import pulumi
import pulumi_aws as aws
from pulumi import ResourceOptions

from ...pins.charts import (
    AWS_LOAD_BALANCER_CONTROLLER,
    AWS_SECRETS_PROVIDER,
    PROMETHEUS_CRDS,
    SECRETS_STORE_DRIVER,
)
from ..in_cluster.add_on import (
    EVERY_TAINT,
    NAMESPACE,
    release,
    secrets_store_values,
)
from .cluster_facts import ClusterFacts
from .load_balancer_policy import statements
from .pod_role import pod_role

LOAD_BALANCER_ACCOUNT = "aws-load-balancer-controller"
# The AWS provider asks for the first with IRSA and for the second with Pod Identity.
AUDIENCES = ("sts.amazonaws.com", "pods.eks.amazonaws.com")


class Releases(pulumi.ComponentResource):
    """Charts from their makers' repositories, each at one version, each waited for.

    Makes: `kubernetes:helm.sh/v3:Release` for the AWS Load Balancer Controller (with its role), the Secrets Store CSI
    driver and its AWS provider, and the definitions of the Prometheus operator's resources.
    """

    def __init__(self, name: str, cluster: ClusterFacts, chart_mirror: str | None, opts: ResourceOptions) -> None:
        super().__init__("nodeyard:aws:Releases", name, None, opts)
        self._mirror = chart_mirror
        release(PROMETHEUS_CRDS, {}, chart_mirror, parent=self)
        self._load_balancer_controller(name, cluster)
        driver = release(SECRETS_STORE_DRIVER, secrets_store_values(AUDIENCES), chart_mirror, parent=self)
        release(
            AWS_SECRETS_PROVIDER,
            {
                "awsRegion": cluster.region,
                # The chart's own default tolerates nothing: on a tainted node a mount then fails with "provider not
                # found: aws".
                "tolerations": EVERY_TAINT,
                # It would bring the driver along, at a version of its own.
                "secrets-store-csi-driver": {"install": False},
            },
            chart_mirror,
            parent=self,
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
        release(
            AWS_LOAD_BALANCER_CONTROLLER,
            {
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
            self._mirror,
            parent=self,
            depends_on=[association],
        )
