"""For mypy alone: this package is a cloud. What `__init__.pyi` lacks is an error here."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .. import azure as package
    from ..contract.cloud import Cloud

    CLOUD: Cloud = package
