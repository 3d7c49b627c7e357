"""Types of keys that every Metis node is told."""

from typing import Annotated

from ..inputs import Matching

GethArgument = Annotated[
    str,
    Matching(
        r"--(?!rpc|ws|http|graphql|ipc|pprof|metrics|nat|port|datadir|seq)\S+",
        "an argument of geth that begins with --, and none of rpc, ws, http, graphql, ipc, pprof, metrics, nat, port, "
        "datadir or seq, which the chart sets",
    ),
]
