"""The Theta stacks with `placement: cluster`, as a user would configure them on the platforms of this project."""

from tests.engine.harness import Sandbox

NAMESPACE = "theta"
PROBE = "images.invalid/curl:1"
STACKS = {"aws": "theta-mainnet", "azure": "theta-mainnet-azure", "gcp": "theta-mainnet-gcp"}
RELEASES = {"aws": "1.46.0-431fe75a", "azure": "1.36.1", "gcp": "1.35.7-gke.1222000"}
NEXT_RELEASES = {"aws": "1.47.0-00000000", "azure": "1.36.2", "gcp": "1.35.8-gke.1036000"}


def configure(sandbox: Sandbox, cloud: str) -> str:
    """The stack of that name, in the cluster of its cloud's platform, which gets a namespace for it."""
    stack, platform = STACKS[cloud], f"platform-{cloud}"
    with sandbox.stack_settings(platform) as settings:
        settings["access"]["metis"]["namespaces"].append(NAMESPACE)
    sandbox.unset(stack, "site")
    chosen = {
        "platform": platform,
        "placement": "cluster",
        "namespace": NAMESPACE,
        "releaseVersion": RELEASES[cloud],
        "probeImage": PROBE,
    }
    sandbox.set(stack, chosen)
    return stack
