"""Puts the charts into a distribution as the checkout has them, by symbolic links: hatchling's walk follows a link, but
takes a directory only once, and every chart has the library chart `common` below it."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class LinkedCharts(BuildHookInterface[Any]):
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        components = Path(self.root, "components")
        target = "nodeyard" if self.target_name == "wheel" else components.name
        links = (link for link in components.glob("charts/*/charts/*") if link.is_symlink())
        for directory in (components / "charts", *links):
            build_data["force_include"][str(directory)] = f"{target}/{directory.relative_to(components)}"
