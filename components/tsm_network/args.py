"""What `TSMNetwork` is told. What a player is told besides follows from its place among the others."""

from collections.abc import Mapping, Sequence
from typing import Annotated, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from ..inputs import Default, Distinct, KubernetesName, NodeRelease, SecretSource, Tags, Text, declared
from ..reference import TakenPlatform
from ..resources import ResourcesArgs
from ..tsm_node.args import AuthenticationArgs, ProtocolName, TSMDatabaseArgs, TSMImagesArgs, TSMNodesArgs


@declared
class TSMNetworkSecretsArgs(TypedDict):
    """Where the secrets come from that all players share."""

    pull: NotRequired[SecretSource]
    """The credentials of the node image's registry (a `.dockerconfigjson`)."""


@declared
class TSMNetworkArgs(TypedDict):
    """What `TSMNetwork` is told."""

    platform: TakenPlatform
    """What the platform's stack exports."""
    namespaces: Annotated[Sequence[KubernetesName], Field(min_length=2, max_length=99), Distinct]
    """The players' namespaces, in the order of their numbers. The platform made them for this team."""
    release_version: NodeRelease
    """The nodes' release, in the cloud's own words."""
    images: TSMImagesArgs
    """Where the images are taken from."""
    replicas: NotRequired[Annotated[int, Field(ge=1, le=5), Default(1)]]
    """How many instances of each player run (default 1)."""
    nodes: NotRequired[Annotated[TSMNodesArgs, Default({})]]
    """The Kubernetes nodes of each player."""
    database: NotRequired[Annotated[TSMDatabaseArgs, Default({"standby": False})]]
    """The database of each player (without a standby unless given)."""
    authentication: NotRequired[Annotated[AuthenticationArgs, Default({})]]
    """Who may call."""
    features: NotRequired[Annotated[Mapping[ProtocolName, Annotated[Sequence[Text], Distinct]], Default({})]]
    """What an SDK may ask for, by protocol. Nothing unless given."""
    callers: NotRequired[Annotated[Sequence[KubernetesName], Distinct, Default([])]]
    """The namespaces of the cluster whose pods may call the SDK's ports."""
    resources: NotRequired[Annotated[ResourcesArgs, Default({})]]
    """What an instance asks of its node, and may take. The chart's own sizing unless given."""
    secrets: NotRequired[Annotated[TSMNetworkSecretsArgs, Default({})]]
    """Where the secrets come from."""
    tags: NotRequired[Tags]
    """What is put on everything that can carry it, such as an owner and a cost centre (default none): tags, or labels
    on Google Cloud."""
    monitoring: NotRequired[Annotated[bool, Default(True)]]
    """Whether to make ServiceMonitors and PrometheusRules (default true)."""
