"""Builds what a control plane runs on, once, in the user's cache directory.

`kube` is etcd, kube-apiserver, kube-scheduler, kube-controller-manager and kubectl in one binary; `kwok` plays the
kubelets. Beside them lie the files that we take from Go modules as they are: kwok's stages and the definitions of the
Prometheus operator's resources.
"""

import json
import shutil
from pathlib import Path

from sandbox import bootstrap
from sandbox.progress import progress

HERE = Path(__file__).resolve().parent

KWOK = "sigs.k8s.io/kwok"
OPERATOR = "github.com/prometheus-operator/prometheus-operator"
STAGES = (
    *("node/fast/node-initialize", "node/heartbeat-with-lease/node-heartbeat-with-lease"),
    *("pod/fast/pod-ready", "pod/fast/pod-complete", "pod/fast/pod-delete"),
)
DEFINITIONS = ("podmonitors", "prometheusrules", "servicemonitors")


def built() -> Path:
    """The directory with the binaries and files; made again when the modules, our own program or Go change."""
    sources = (HERE / name for name in ("go.sum", "cmd/kube/main.go", "monitoring/go.sum"))
    key = bootstrap.digest(*(source.read_text() for source in sources), *STAGES, *DEFINITIONS)
    directory = directory_of(key)
    ready = directory / "ready"
    with bootstrap.once(ready) as needed:
        if needed:
            bootstrap.announce(directory)
            what = f"building Kubernetes {kubernetes_version()} from its Go modules"
            with progress(what, "about 6 to 11 minutes on two cores"):
                build(directory)
                copy_files(directory)
                ready.touch()
            shutil.rmtree(directory / bootstrap.GO_CACHE, ignore_errors=True)
    return directory


def directory_of(key: str) -> Path:
    """Without Go, what any Go built from the same sources will do."""
    if shutil.which("go"):
        return bootstrap.CACHE / f"kubernetes-{key}-{go('env', 'GOVERSION').strip()}"
    found = sorted(bootstrap.CACHE.glob(f"kubernetes-{key}-*/ready"))
    if not found:
        raise bootstrap.Missing(f"Go 1.26 or newer is needed to build Kubernetes {kubernetes_version()}: install it.")
    return found[-1].parent


def build(directory: Path) -> None:
    version = kubernetes_version()
    major, minor, _ = version.lstrip("v").split(".")
    # Without these the server takes itself for v0.0.0-master, and charts that ask for a version refuse it.
    variables = {"gitVersion": version, "gitMajor": major, "gitMinor": minor}
    linker = " ".join(["-s -w", *(f"-X k8s.io/component-base/version.{k}={v}" for k, v in variables.items())])
    programs = ("./cmd/kube", f"{KWOK}/cmd/kwok")
    command = ("build", "-trimpath", "-ldflags", linker, "-o", f"{directory}/", *programs)
    go(*command, **bootstrap.own_cache(directory))


def copy_files(directory: Path) -> None:
    stages = module_directory(KWOK) / "kustomize/stage"
    (directory / "stages.yaml").write_text("---\n".join((stages / f"{stage}.yaml").read_text() for stage in STAGES))
    crds = module_directory(OPERATOR, HERE / "monitoring") / "example/prometheus-operator-crd"
    for name in DEFINITIONS:
        shutil.copyfile(crds / f"monitoring.coreos.com_{name}.yaml", directory / f"{name}.yaml")


def module_directory(module: str, where: Path = HERE) -> Path:
    return Path(json.loads(go_in(where, "mod", "download", "-json", module))["Dir"])


def kubernetes_version() -> str:
    return bootstrap.found_in((HERE / "go.mod").read_text(), r"k8s.io/kubernetes (v[\d.]+)")


def go(*arguments: str, **variables: str) -> str:
    return go_in(HERE, *arguments, **variables)


def go_in(module: Path, *arguments: str, **variables: str) -> str:
    return bootstrap.go(module, *arguments, GOFLAGS="-mod=mod -buildvcs=false", **variables)
