"""The programs of the lab that no package brings: Kubernetes with etcd, and CoreDNS, built from source once.

Their Go modules are in `lab/<program>` of the checkout, with exact versions and checksums. What CoreDNS shares with
Kubernetes, it has in the same versions, which is why it is not the newest: after Kubernetes, it builds in a fifth of the time.
Kubernetes is one binary with a link for each program's name.
"""

import os
import re
import shutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from mtc.lab import cache, errors, programs, steps

KUBERNETES_VERSION = "1.36.3"
KUBERNETES_PROGRAMS = ("etcd", "kubectl", "kubelet", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy")

# The release that Kubernetes 1.36 names: a later one makes it serve a broken OpenAPI document.
_GO_SERIES = "1.26"
_GO_TOOLCHAIN = "go1.26.8"
_BUILD_DEADLINE_S = 3600


@dataclass(frozen=True)
class Kubernetes:
    """Where the programs of Kubernetes and etcd are."""

    directory: Path

    def path(self, program: str) -> str:
        """The path of one program, e.g. `kubelet`."""
        return str(self.directory / program)


def checkout() -> Path:
    """The folder of the checkout, whose `lab` and `deploy` folders the lab is built from.

    Raises:
        errors.PrerequisiteMissing: the package was installed without them.
    """
    here = Path(__file__).resolve().parents[3]
    if not (here / "lab" / "kubernetes" / "go.mod").is_file():
        raise errors.PrerequisiteMissing(
            "The lab is built from files of the source checkout, and this mtc was installed without them: "
            "clone the repository and install it with `pip install -e .`."
        )
    return here


async def kubernetes() -> Kubernetes:
    """Kubernetes and etcd, built first where the cache does not have them."""
    source = checkout() / "lab" / "kubernetes"
    major, minor, _ = KUBERNETES_VERSION.split(".")
    version = "k8s.io/component-base/version"
    flags = ["-tags", "providerless", "-ldflags"]
    flags.append(
        f"-s -w -X {version}.gitVersion=v{KUBERNETES_VERSION} -X {version}.gitMajor={major} -X {version}.gitMinor={minor}",
    )

    async def link_names(directory: Path) -> None:
        for name in KUBERNETES_PROGRAMS:
            (directory / name).symlink_to("kubernetes")

    note = f"building Kubernetes {KUBERNETES_VERSION} from source (about 5 minutes on 2 cores, once)"
    return Kubernetes(await _built("kubernetes", source=source, flags=flags, note=note, finish=link_names))


async def coredns() -> Path:
    """The path of CoreDNS, built first where the cache does not have it."""
    source = checkout() / "lab" / "coredns"
    note = "building CoreDNS from source (about 20 s on 2 cores, once)"
    return await _built("coredns", source=source, flags=["-ldflags", "-s -w"], note=note) / "coredns"


async def velero() -> Path:
    """The path of real Velero's program, built first where the cache does not have it: what reads our buckets must not be ours."""
    source = checkout() / "lab" / "velero"
    flags = ["-ldflags", "-s -w -X github.com/vmware-tanzu/velero/pkg/buildinfo.Version=v1.18.0"]
    return (
        await _built("velero", source=source, flags=flags, note="building real Velero from source (about 5 minutes on 2 cores, once)")
        / "velero"
    )


async def velero_plugin_for_aws() -> Path:
    """The path of the plug-in through which real Velero reads and writes S3, built first where the cache does not have it."""
    name = "velero-plugin-for-aws"
    return (
        await _built(
            name,
            source=checkout() / "lab" / name,
            flags=["-ldflags", "-s -w"],
            note="building real Velero's plug-in for S3 from source (about 5 minutes on 2 cores, once)",
            package=f"github.com/vmware-tanzu/{name}/{name}",
        )
        / name
    )


async def pause() -> Path:
    """The path of the program that holds a pod's namespaces, a static binary."""
    source = checkout() / "lab" / "images" / "pause"
    return (
        await _built("pause", source=source, flags=["-ldflags", "-s -w"], note="building the pause program (a few seconds, once)") / "pause"
    )


async def _built(
    kind: str,
    *,
    source: Path,
    flags: list[str],
    note: str,
    package: str = ".",
    finish: Callable[[Path], Awaitable[None]] | None = None,
) -> Path:
    key = cache.content_hash([source, *flags, _GO_TOOLCHAIN])

    async def build(directory: Path) -> None:
        environment = await _go_environment()
        with steps.step(note):
            # Nobody debugs these programs, and a compiler that writes no debug information is quicker.
            argv = ["go", "build", "-trimpath", "-gcflags=all=-dwarf=false", *flags, "-o", str(directory / kind), package]
            await programs.run(argv, cwd=source, deadline_s=_BUILD_DEADLINE_S, env=environment)
        if finish is not None:
            await finish(directory)

    return await cache.entry(kind, key, build)


async def _go_environment() -> dict[str, str]:
    """Variables for `go build`; where the installed Go is of another series, they make it fetch the right one."""
    if shutil.which("go") is None:
        raise errors.PrerequisiteMissing(
            f"Go is not installed, and the lab's Kubernetes is built with it: install Go {_GO_SERIES} and put `go` on the PATH."
        )
    found = await programs.run(["go", "env", "GOVERSION"], cwd=Path("/"), env={"GOTOOLCHAIN": "local"})
    environment = {"CGO_ENABLED": "0", "GOFLAGS": f"{os.environ.get('GOFLAGS', '')} -buildvcs=false".strip()}
    # Compilers are short-lived: collecting garbage below this limit costs a sixth of the time of a build and saves nothing.
    environment |= {"GOGC": "off", "GOMEMLIMIT": "2GiB"}
    if not re.match(rf"go{re.escape(_GO_SERIES)}(\.|$)", found.strip()):
        environment["GOTOOLCHAIN"] = _GO_TOOLCHAIN
    return environment
