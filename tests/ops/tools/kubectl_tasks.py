"""kubectl for a stack's tasks: the cluster is a file of objects, which a test writes and reads. What runs in a pod is
what the file says of it: texts, which a command may change for all that come after it, or where the pod's processes
really are (tests/network)."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import yaml

here = Path(os.environ["STAND_IN"])
arguments = sys.argv[1:]
with (here / "kubectl.calls").open("a") as log:
    log.write(json.dumps(arguments) + "\n")
file = here / "cluster.json"
cluster = json.loads(file.read_text())


def option(name, default=""):
    return arguments[arguments.index(name) + 1] if name in arguments else default


def keep():
    unfinished = file.with_suffix(".new")
    unfinished.write_text(json.dumps(cluster))
    unfinished.replace(file)


def chosen(kinds):
    wanted = {kind.partition(".")[0].removesuffix("s") for kind in kinds.split(",")}
    pairs = [pair.split("=") for pair in option("--selector").split(",") if pair]
    for each in cluster["objects"]:
        labels = each["metadata"].get("labels", {})
        place = each["metadata"].get("namespace", "")
        is_meant = all(labels.get(name) == value for name, value in pairs)
        if each["kind"].lower() in wanted and place == option("--namespace") and is_meant:
            yield each


def named(kind, name):
    for each in cluster["objects"]:
        if (each["kind"].lower(), each["metadata"]["name"]) == (kind, name):
            assert each["metadata"]["namespace"] == option("--namespace")
            return each
    sys.exit(f'Error from server (NotFound): {kind}s "{name}" not found')


def replaced(pod):
    """As the stateful set's controller makes it. Where the cluster heals nothing, it never gets ready."""
    (owner,) = [each for each in cluster["objects"] if each["metadata"]["name"] == pod["metadata"]["name"][:-2]]
    made = json.loads(json.dumps(pod))
    made["metadata"]["uid"] += "+"
    made["metadata"]["labels"]["controller-revision-hash"] = owner["status"]["updateRevision"]
    made["status"]["conditions"] = [{"type": "Ready", "status": str(cluster.get("heals", True))}]
    return made


def here_is(word, places):
    """Where a place of the container's is on this machine."""
    for place, directory in places.items():
        if word.startswith(f"{place}/"):
            return directory + word.removeprefix(place)
    return word


def manifest():
    """The objects of --filename, each in the namespace of the command."""
    items = [each for each in yaml.safe_load_all(Path(option("--filename")).read_text()) if each]
    for each in [one for item in items for one in item.get("items", [item])]:
        each["metadata"]["namespace"] = option("--namespace")
        yield each


def same(one, other):
    return all(one["metadata"][key] == other["metadata"][key] for key in ("name", "namespace")) and (
        one["kind"] == other["kind"]
    )


def merged(old, new):
    if not isinstance(old, dict) or not isinstance(new, dict):
        return new
    return {**old, **{key: merged(old.get(key), value) for key, value in new.items()}}


def by_file():
    """create, get, apply and replace with --filename; what they print is one behind the other."""
    if arguments[0] in cluster.get("forbidden", []):
        sys.exit(f"Error from server (Forbidden): cannot {arguments[0]}")
    for wanted in manifest():
        (found,) = [each for each in cluster["objects"] if same(each, wanted)] or [None]
        if arguments[0] == "get":
            shown = found
        elif arguments[0] == "create" and "--dry-run=client" not in arguments and found:
            sys.exit(f"Error from server (AlreadyExists): {wanted['metadata']['name']}")
        elif arguments[0] == "replace" and found["metadata"].get("resourceVersion") != wanted["metadata"].get(
            "resourceVersion"
        ):
            sys.exit("Error from server (Conflict): the object has been modified")
        else:
            shown = merged(found or {}, wanted) if arguments[0] == "apply" else wanted
            if not [each for each in arguments if each.startswith("--dry-run")]:
                cluster["objects"] = [each for each in cluster["objects"] if each is not found] + [shown]
                keep()
        if shown and option("--output"):
            sys.stdout.write(json.dumps(shown) + "\n")


if "--filename" in arguments:
    by_file()
elif arguments[0] == "get":
    if arguments[1] in cluster.get("forbidden", []):
        sys.exit(f"Error from server (Forbidden): {arguments[1]} is forbidden")
    sys.stdout.write(json.dumps({"kind": "List", "items": list(chosen(arguments[1]))}))
elif arguments[0] == "delete":
    assert arguments[4:] == ["--wait=false", "--ignore-not-found"]
    pod = named("pod", arguments[1].removeprefix("pod/"))
    cluster["objects"] = [each for each in cluster["objects"] if each is not pod] + [replaced(pod)]
    keep()
elif arguments[0] == "scale":
    kind, name = arguments[1].split("/")
    named(kind, name)["spec"]["replicas"] = int(option("--replicas"))
    keep()
elif arguments[0] == "exec":
    named("pod", arguments[1].removeprefix("pod/"))
    command = arguments[arguments.index("--") + 1 :]
    if command[0] == "fails":
        sys.exit(7)
    if cluster.get("stays"):
        (here / "kubeconfig").write_text(os.environ["KUBECONFIG"])
        with (here / "pids").open("a") as log:
            log.write(f"{os.getpid()}\n")
        time.sleep(600)
    if process := cluster.get("processes", {}).get(arguments[1].removeprefix("pod/")):
        sys.exit(subprocess.run([here_is(word, process["places"]) for word in command], env=process["env"]).returncode)
    pod = arguments[1].removeprefix("pod/")
    said = cluster.get("says", {}).get(pod, {}).get(command[-2], " ".join(command))
    if changed := cluster.get("then", {}).get(pod, {}).get(command[-2]):
        cluster["says"] = {**cluster["says"], **changed}
        keep()
    sys.stdout.write(said + "\n")
elif arguments[0] == "port-forward" and arguments[4:5] == ["--address"]:
    to = cluster.get("ports", {}).get(arguments[1].partition("/")[2])
    if to is None:
        sys.exit(f"error: unable to forward to {arguments[1]}: it does not run")
    with (here / "pids").open("a") as log:
        log.write(f"{os.getpid()}\n")
    pairs = [f"{near}={to.get(far, 1)}" for near, far in (pair.split(":") for pair in arguments[6:])]
    sys.exit(subprocess.run([sys.executable, os.environ["FORWARD"], *pairs]).returncode)
elif arguments[0] == "port-forward":
    name, forward = arguments[1].removeprefix("service/"), cluster["forward"]
    assert arguments[2:4] == ["--namespace", cluster["objects"][0]["metadata"]["namespace"]]
    pairs = [pair.replace(":", f"={cluster['services'][name]}:") for pair in arguments[4:]]
    sys.exit(subprocess.run([sys.executable, forward["program"], *(f"{forward['address']}:{each}" for each in pairs)]))
elif arguments[0] == "logs":
    if option("--container") == "waits":
        sys.exit('Error from server (BadRequest): container "waits" is waiting to start: PodInitializing')
    sys.stdout.write(cluster["logs"])
    sys.stdout.flush()
    if "--follow" in arguments:
        with (here / "pids").open("a") as log:
            log.write(f"{os.getpid()}\n")
        time.sleep(600)
else:
    sys.exit(f"unknown command {arguments[0]}")
