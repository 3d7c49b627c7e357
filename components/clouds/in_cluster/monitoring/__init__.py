"""Metrics, logs, dashboards and alerts inside a cluster: the same on every cloud."""

from .component import Monitoring, add_monitoring

__all__ = ["Monitoring", "add_monitoring"]
