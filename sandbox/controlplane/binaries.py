"""Builds what a control plane runs on, once, in the user's cache directory.

`kube` is etcd, kube-apiserver, kube-scheduler, kube-controller-manager and kubectl in one binary; `kwok` plays the
kubelets; `provider` is Pulumi's own Kubernetes provider. Beside them lie the files that we take from Go modules as they
are: kwok's stages, the definitions of the Prometheus operator's resources, and the provider's schema.
"""

import json
import shutil
from pathlib import Path

from sandbox import bootstrap
from sandbox.progress import progress

HERE = Path(__file__).resolve().parent

KWOK = "sigs.k8s.io/kwok"
OPERATOR = "github.com/prometheus-operator/prometheus-operator"
PROVIDER = "github.com/pulumi/pulumi-kubernetes/provider/v4"
PROVIDER_VERSION = "4.24.0"
"""The release before the pinned commit: the module has no version of its own."""
SOURCES = (
    *("go.mod", "go.sum", "cmd/kube/main.go", "cmd/provider/main.go", "monitoring/go.sum"),
    "structured-merge-diff/fieldpath/fieldpath.go",
)
STAGES = (
    *("node/fast/node-initialize", "node/heartbeat-with-lease/node-heartbeat-with-lease"),
    *("pod/fast/pod-ready", "pod/fast/pod-complete", "pod/fast/pod-delete"),
)
DEFINITIONS = ("podmonitors", "prometheusrules", "servicemonitors")


def built() -> Path:
    """The directory with the binaries and files; made again when the modules, our own programs or Go change."""
    sources = ((HERE / name).read_text() for name in SOURCES)
    directory = directory_of(bootstrap.digest(*sources, PROVIDER_VERSION, *STAGES, *DEFINITIONS))
    ready = directory / "ready"
    with bootstrap.once(ready) as needed:
        if needed:
            bootstrap.announce(directory)
            what = f"building Kubernetes {kubernetes_version()} and Pulumi's provider from their Go modules"
            with progress(what, "about 8 to 14 minutes on two cores"):
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
    variables = {
        "k8s.io/component-base/version.gitVersion": version,
        "k8s.io/component-base/version.gitMajor": major,
        "k8s.io/component-base/version.gitMinor": minor,
        f"{PROVIDER}/pkg/version.Version": PROVIDER_VERSION,  # which it parses when it starts
    }
    linker = " ".join(["-s -w", *(f"-X {name}={value}" for name, value in variables.items())])
    programs = ("./cmd/kube", "./cmd/provider", f"{KWOK}/cmd/kwok")
    command = ("build", "-trimpath", "-ldflags", linker, "-o", f"{directory}/", *programs)
    go(*command, **bootstrap.own_cache(directory))


def copy_files(directory: Path) -> None:
    stages = module_directory(KWOK) / "kustomize/stage"
    (directory / "stages.yaml").write_text("---\n".join((stages / f"{stage}.yaml").read_text() for stage in STAGES))
    crds = module_directory(OPERATOR, HERE / "monitoring") / "example/prometheus-operator-crd"
    for name in DEFINITIONS:
        shutil.copyfile(crds / f"monitoring.coreos.com_{name}.yaml", directory / f"{name}.yaml")
    for name in ("schema", "terraform-mapping"):
        source = module_directory(PROVIDER) / f"cmd/pulumi-resource-kubernetes/{name}.json"
        shutil.copyfile(source, directory / f"{name}.json")


def module_directory(module: str, where: Path = HERE) -> Path:
    return Path(json.loads(go_in(where, "mod", "download", "-json", module))["Dir"])


def kubernetes_version() -> str:
    return bootstrap.found_in((HERE / "go.mod").read_text(), r"k8s.io/kubernetes (v[\d.]+)")


def go(*arguments: str, **variables: str) -> str:
    return go_in(HERE, *arguments, **variables)


def go_in(module: Path, *arguments: str, **variables: str) -> str:
    return bootstrap.go(module, *arguments, GOFLAGS="-mod=mod -buildvcs=false", **variables)
