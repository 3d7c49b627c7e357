"""How long a cloud supports a version of Kubernetes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

NOTICE = timedelta(days=90)
"""How long before the end somebody should know of it. AWS' own notice comes 60 days before at the latest."""


@dataclass(frozen=True, kw_only=True)
class KubernetesSupport:
    """A cloud's calendar, as it was read on one day. A version that is not in it came later than those in it, or left
    standard support before them."""

    ends: Mapping[str, date]
    """The first day without standard support, by the minor version."""
    afterwards: str
    """What is different from that day on: a sentence."""
    source: str
    """Where the calendar stands."""
    read: date
    """When it was read there."""

    def warning(self, version: str, today: date) -> str:
        """What whoever runs that version should know today; empty while there is nothing to know."""
        end = self.ends.get(version)
        if end is None:
            return self._unknown(version)
        if today < end - NOTICE:
            return ""
        when = f"ended on {end}" if end <= today else f"ends on {end}, in {(end - today).days} days"
        return f"Standard support of Kubernetes {version} {when}. {self.afterwards} ({self._told})"

    def is_over(self, version: str, today: date) -> bool:
        """Whether that version has no standard support any more."""
        end = self.ends.get(version)
        return bool(self._unknown(version)) if end is None else end <= today

    def _unknown(self, version: str) -> str:
        """A newer version is let through: the cloud knows whether it is there."""
        if _number(version) > max(map(_number, self.ends)):
            return ""
        return f"Standard support of Kubernetes {version} ended before {min(self.ends.values())}. ({self._told})"

    @property
    def _told(self) -> str:
        return f"{self.source}, read on {self.read}"


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
