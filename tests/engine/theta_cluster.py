"""The Theta stacks with `placement: cluster`, as a user would configure them on the platforms of this project."""

from tests.engine.harness import Sandbox

NAMESPACE = "theta"
PROBE = "images.invalid/curl:1"
STACKS = {"aws": "theta-mainnet", "azure": "theta-mainnet-azure", "gcp": "theta-mainnet-gcp"}
RELEASES = {"aws": "1.46.0-431fe75a", "azure": "1.36.1", "gcp": "1.33.4-gke.1036000"}
NEXT_RELEASES = {"aws": "1.47.0-00000000", "azure": "1.36.2", "gcp": "1.33.5-gke.1080000"}


def configure(sandbox: Sandbox, cloud: str) -> str:
    """The stack of that name, in the cluster of its cloud's platform, which gets a namespace for it."""
    stack, platform = STACKS[cloud], f"platform-{cloud}"
    sandbox.configure(platform, "--path", "nodeyard:stack.access.metis.namespaces[2]", NAMESPACE)
    sandbox.ok("config", "rm", "--stack", stack, "--path", "nodeyard:stack.site")
    chosen = {
        "platform": platform,
        "placement": "cluster",
        "namespace": NAMESPACE,
        "releaseVersion": RELEASES[cloud],
        "probeImage": PROBE,
    }
    for key, value in chosen.items():
        choose(sandbox, stack, key, value)
    return stack


def choose(sandbox: Sandbox, stack: str, key: str, value: str) -> None:
    sandbox.configure(stack, "--path", f"nodeyard:stack.{key}", value)
