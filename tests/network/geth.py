"""go-ethereum's own node, built from geth/go.mod."""

from pathlib import Path

from tests.go_tool import go_tool

MODULE = Path(__file__).parent / "geth"


def geth() -> Path:
    """Where it is, once it is built."""
    package = "github.com/ethereum/go-ethereum/cmd/geth"
    # One of its modules reaches into Go's runtime, which Go's linker refuses since 1.23 unless it is told not to.
    flags = ("-ldflags", "-s -w -checklinkname=0")
    return go_tool("geth", MODULE, package, *flags, usual="about 2 minutes on two cores")
