"""The table of a workspace that holds the log lines of machines. It needs no SDK, so that `nodeyard` may know it."""

from ..contract.machine_boot import DIMENSION

TABLE = "NodeyardLog_CL"
"""Names of tables of our own end so."""
COLUMNS = {"TimeGenerated": "datetime", DIMENSION: "string", "RawData": "string"}
