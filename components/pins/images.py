"""The images that a deployment runs unless its stack's file names others. One by tag has a note that says why."""

from collections.abc import Mapping
from typing import Final

from .pin import Image

_BY_THREE: Final = "the digest as several public repositories that pin by digest name it"

AWS_CLI: Final = Image(
    name="aws-cli",
    version="2.37.0",
    repository="public.ecr.aws/aws-cli/aws-cli",
    digest="sha256:337494c2047176fe9abcf45a5d1eaf1c2c62cae40953284fb1143b5c6170f065",
    source="https://gallery.ecr.aws/aws-cli/aws-cli",
    read="2026-11-21",
    note=_BY_THREE,
)

GOOGLE_CLOUD_CLI: Final = Image(
    name="google-cloud-cli",
    version="578.0.0-slim",
    repository="gcr.io/google.com/cloudsdktool/google-cloud-cli",
    source="https://cloud.google.com/sdk/docs/downloads-docker",
    read="2026-11-21",
    # A digest that nobody confirms is worth less than Google's own tag.
    note="by tag: no digest of it is named by more than one public repository; pin the one in your own registry "
    "(`images.addressClaim`)",
)

GCP_SECRETS_PROVIDER: Final = Image(
    name="secrets-store-csi-driver-provider-gcp",
    version="v1.15.0",
    tag="",
    repository="us-docker.pkg.dev/secretmanager-csi/secrets-store-csi-driver-provider-gcp/plugin",
    digest="sha256:c87cfa3e8be097c0034f136fb56e37d76966430b69223c12d179398ea0584576",
    source="https://github.com/GoogleCloudPlatform/secrets-store-csi-driver-provider-gcp",
    read="2026-11-21",
    note="by the digest that upstream's CHANGELOG.md and deploy/provider-gcp-plugin.yaml name; its objects are ours "
    "(clouds/gcp/secrets_provider.py): compare them at a raise",
)

BUSYBOX: Final = Image(
    name="busybox",
    # Upstream, the provider's install above, leaves it open.
    version="1.37.0",
    repository="mirror.gcr.io/library/busybox",
    digest="sha256:bdf57e528e45e4433820e045b29b4597825a1c9e38353532d90a01445013f82e",
    source="https://hub.docker.com/_/busybox",
    read="2026-11-21",
    note=_BY_THREE,
)

POSTGRESQL: Final = Image(
    name="postgres",
    version="18.3",
    repository="docker.io/library/postgres",
    digest="sha256:7e32e9833a6fb1c92c32552794cb6ed569d51b445a54907d35fc112ef39684db",
    source="https://hub.docker.com/_/postgres",
    read="2026-11-29",
    note=_BY_THREE,
)
"""PostgreSQL's official image. Its psql speaks to every version of a server that a player of a TSM may have."""


def _of_metis(name: str, version: str) -> Image:
    return Image(
        name=name,
        version=version,
        repository=f"docker.io/metisdao/{name}",
        source=f"https://hub.docker.com/r/metisdao/{name}",
        read="2026-11-21",
        note="by tag: no public source that we could read names a digest; pin the one in your own registry (`images`)",
    )


METIS: Final[Mapping[str, Image]] = {
    "l2geth": _of_metis("l2geth", "v0.3.9"),
    "l1dtl": _of_metis("dtl", "v0.2.6"),
    "themis": _of_metis("themis", "v0.2.3"),
    "exporter": _of_metis("sequencer-exporter", "v0.0.4"),
}
"""Upstream's, by the key of a stack's `images`."""
