"""A node's version of Kubernetes beside its cluster's."""


def skew_problem(node: str, cluster: str, most: int) -> str:
    """What keeps a node of that version out of a cluster of that version, by their minors; empty when nothing does. No
    node is newer than its control plane, and it may be `most` minors older."""
    (node_major, own), (major, control_plane) = minor(node), minor(cluster)
    if (node_major, own) > (major, control_plane):
        return f"{node} is newer than the cluster, {cluster}"
    if node_major < major or own < control_plane - most:
        behind = f"more than {most} minor{'s' if most > 1 else ''} older than" if most else "older than"
        return f"{node} is {behind} the cluster, {cluster}"
    return ""


def minor(version: str) -> tuple[int, int]:
    """Major and minor of a version that begins with both, to compare: `1.36`, `1.36.2`, `1.35.8-gke.1225000`."""
    first, second = version.split(".")[:2]
    return int(first), int(second)
