"""What is pinned, and what is known of it."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar


@dataclass(frozen=True, kw_only=True)
class Pin:
    """Something of others at one version."""

    KIND: ClassVar[str]
    """What it is, in a word or two."""

    name: str
    version: str
    """As its publisher writes it. Where it is a look-up: what the answer is kept for."""
    source: str
    """Where its publisher says which versions there are."""
    read: str
    """When somebody looked there: an ISO date, or a month where only that was written down."""
    supported_until: date | None = None
    """The first day without standard support; None where the publisher names none."""
    note: str = ""
    """Why it is not pinned harder, or what must be raised with it."""


@dataclass(frozen=True, kw_only=True)
class Chart(Pin):
    """A chart in its maker's repository, which is its source. Its images are those that it names itself."""

    KIND = "chart"


@dataclass(frozen=True, kw_only=True)
class Image(Pin):
    """A container's image."""

    KIND = "image"
    repository: str
    """`host/path`."""
    tag: str | None = None
    """The version unless given. Empty where the publisher's own install names the digest alone."""
    digest: str = ""
    """As several public sources name it, or the publisher itself. Without one the note says why."""

    @property
    def reference(self) -> str:
        """As a container names it."""
        tag = self.version if self.tag is None else self.tag
        return "".join([self.repository, tag and f":{tag}", self.digest and f"@{self.digest}"])


@dataclass(frozen=True, kw_only=True)
class Program(Pin):
    """What a machine installs at its boot."""

    KIND = "program"


@dataclass(frozen=True, kw_only=True)
class MachineImage(Pin):
    """The image that a machine boots unless the operator names another. It is Ubuntu for x86-64 on every cloud, because
    Ubuntu's images run cloud-init on every cloud. An image for machines with a GPU has the GPU's driver in it."""

    KIND = "machine image"
    reference: str
    """In the cloud's own words. It is a look-up, which answers with a newer image from time to time."""
    disk_gib: int
    """The size of the disk that the image was made from. No machine boots it from a smaller disk."""


@dataclass(frozen=True, kw_only=True)
class AddOn(Pin):
    """What a cloud runs in its own clusters, at the version that the cloud chooses."""

    KIND = "add-on"
