"""Platform: one cloud's network, cluster and add-ons, on which the teams' stacks stand."""

import pulumi
from pulumi import Output, ResourceOptions

from ..clouds.contract.cluster import lasting, monitoring_contract
from ..clouds.contract.platform import PlatformContract
from ..clouds.tagging import tagged
from ..clouds.today import today
from ..live import LASTING, live
from ..monitoring import warn_without_receiver
from ..quotas import QUOTAS, QuotaNeed, told
from .args import PlatformArgs
from .demand import demand
from .monitoring import grafana_access
from .rules import resolve
from .settings import TYPE
from .teardown import guard, taken_down


class Platform(pulumi.ComponentResource):
    """A network over three zones and a managed Kubernetes cluster with the add-ons that every Nodeyard component
    relies on.

    Makes: the provider for the region, `nodeyard:<cloud>:Network` and `nodeyard:<cloud>:Cluster`; their docstrings name
    what is in them; and `pulumi:index:Stash`, for whose sake no `destroy` deletes anything of the platform until
    `teardown` is true. Protected besides are the keys, the cluster, the teams' namespaces and the egress addresses.

    Warns when the cloud's standard support of the Kubernetes version has ended, or ends within 90 days.
    Raises `InputError` with every problem and its path, before anything is registered.
    Upstream: pulumi-eks for EKS' control plane; each chart's own project for the add-ons.

        platform = Platform("platform", {
            "cloud": "aws",
            "region": "us-east-2",
            "zones": ["us-east-2a", "us-east-2b", "us-east-2c"],
            "cidr": "10.40.0.0/16",
            "kubernetes_version": "1.36",
            "public_access_cidrs": [],
            "system_nodes": {"instance_type": "m6i.large", "release_version": "1.66.0-1ad6b4a4"},
        })
        pulumi.export("platform", platform.platform)
    """

    platform: Output[PlatformContract]
    """What other stacks need to stand on this platform. It holds no secret."""

    grafana: Output[dict[str, str]]
    """How Grafana is reached: its `namespace`, its `service`, the Kubernetes Secret `secret` with the admin's password,
    and the `url` of its ingress if it has one. Empty without monitoring."""
    quotas: Output[list[QuotaNeed]]
    """How much of each of the cloud's quotas the platform needs."""

    def __init__(self, name: str, args: PlatformArgs, opts: ResourceOptions | None = None) -> None:
        asked = resolve(name, args)
        up = live().component(TYPE, name)
        if asked.teardown:
            opts = taken_down(name, up.get("platform") or {}, opts)
        super().__init__(TYPE, name, None, tagged(asked.cloud, asked.tags, opts))
        if asked.teardown:
            pulumi.log.warn(f"Nothing of {name} is protected: destroy it, or take `teardown` out and run up.", self)
        if warning := asked.cloud.KUBERNETES_SUPPORT.warning(asked.kubernetes_version, today()):
            pulumi.log.warn(warning, self)
        warn_without_receiver(f"on {name}", monitoring_contract(asked.monitoring).get("monitoring"), self)
        self.quotas = Output.from_input(told(asked.cloud, demand(asked), up, self))
        cloud, place = asked.cloud, asked.network
        provider = cloud.cloud_provider(name, place.account, place.region, ResourceOptions(parent=self))
        child = ResourceOptions(parent=self, providers=[provider])
        network = cloud.Network(name, place, child)
        # The whole network: the cluster's add-ons leave by routes and gateways that no input of theirs names.
        on_it = ResourceOptions.merge(child, ResourceOptions(depends_on=[network]))
        cluster = cloud.Cluster(name, asked.cluster, network, on_it)
        guard(name, [network, cluster], self)
        self.platform = cluster.platform
        self.grafana = Output.from_input(grafana_access(asked.monitoring))
        self.register_outputs(
            {
                "platform": self.platform,
                "grafana": self.grafana,
                QUOTAS: self.quotas,
                LASTING: dict(lasting(asked)),
            }
        )
