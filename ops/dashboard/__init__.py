"""The fleet's Grafana dashboard. It needs the components, whose names it shares, and Grafana's SDK: import it late."""

from .fleet import dashboard
from .queries import Place

__all__ = ["Place", "dashboard"]
