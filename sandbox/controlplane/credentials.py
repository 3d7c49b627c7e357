"""What `aws`, `kubelogin` and `gke-gcloud-auth-plugin` answer to a kubeconfig: a token of the sandbox's control plane.

    credentials.py COMMAND ARGUMENTS

Each takes the arguments with which the real one gives a token, and refuses others.
"""

import json
import os
import sys
from itertools import pairwise
from pathlib import Path

#: By cloud, the command that gives a token there, and what its arguments begin with.
ASKS = {
    "aws": ("aws", ["eks", "get-token"]),
    "azure": ("kubelogin", ["get-token"]),
    "gcp": ("gke-gcloud-auth-plugin", []),
}


def main(command: str, arguments: list[str]) -> None:
    asks = next(asks for name, asks in ASKS.values() if name == command)
    given = [argument for argument in arguments if not argument.startswith("-")]
    if given[: len(asks)] != asks:
        sys.exit(f"{command}: the sandbox answers only `{' '.join([command, *asks])}`, not: {' '.join(arguments)}")
    plane = json.loads((Path(os.environ["SANDBOX_CONTROL_PLANE"]) / "cluster.json").read_text())
    name = next((after for flag, after in pairwise(arguments) if flag in ("--cluster-name", "-i")), None)
    if command == "aws" and name != plane["cluster"]["name"]:
        sys.exit(f"An error occurred (ResourceNotFoundException): No cluster found for name: {name}.")
    about = json.loads(os.environ.get("KUBERNETES_EXEC_INFO") or "{}")
    version = about.get("apiVersion", "client.authentication.k8s.io/v1beta1")
    print(json.dumps({"apiVersion": version, "kind": "ExecCredential", "status": {"token": plane["token"]}}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
