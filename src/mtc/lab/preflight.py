"""What the machine must offer, looked at before anything is changed; and the Debian packages that the lab installs."""

import asyncio
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mtc.lab import cache, cgroups, errors, programs, steps

_INSTALL_DEADLINE_S = 900
# Seconds that apt waits for another package manager to finish.
_APT_LOCK_S = 300


@dataclass(frozen=True)
class Package:
    """A Debian package, and a file of it that tells whether it is installed."""

    name: str
    witness: str


PACKAGES = (
    Package("buildah", "/usr/bin/buildah"),
    Package("ca-certificates", "/etc/ssl/certs/ca-certificates.crt"),
    Package("conntrack", "/usr/sbin/conntrack"),
    Package("containerd", "/usr/bin/containerd"),
    Package("containernetworking-plugins", "/usr/lib/cni/bridge"),
    Package("docker-registry", "/usr/bin/docker-registry"),
    Package("iproute2", "/usr/bin/ip"),
    Package("iptables", "/usr/sbin/iptables"),
    Package("mmdebstrap", "/usr/bin/mmdebstrap"),
    Package("openssl", "/usr/bin/openssl"),
    Package("rsync", "/usr/bin/rsync"),
    Package("runc", "/usr/sbin/runc"),
    Package("skopeo", "/usr/bin/skopeo"),
    Package("stunnel4", "/usr/bin/stunnel4"),
    Package("util-linux", "/usr/bin/nsenter"),
)
# Services that Debian starts when the package is installed; the lab starts its own.
_SERVICES = {"containerd": "containerd", "docker-registry": "docker-registry"}


async def check() -> None:
    """Do nothing where a lab can run.

    Raises:
        errors.PrerequisiteMissing: it cannot; the message says why, for all reasons at once.
    """
    if os.geteuid() != 0:
        raise errors.PrerequisiteMissing("The lab makes network namespaces, mounts and cgroups, which only root may: run it as root.")
    missing = [*_missing_files(), *await _missing_features()]
    if missing:
        raise errors.PrerequisiteMissing(f"This machine cannot run a lab: {'; '.join(missing)}. Nothing was changed.")


def _missing_files() -> Iterator[str]:
    if shutil.which("apt-get") is None and any(not Path(package.witness).exists() for package in PACKAGES):
        yield "it is not a Debian (no apt-get), and some of the programs that the lab needs are not installed"
    if controllers := cgroups.missing_controllers():
        yield f"the cgroup controllers {', '.join(controllers)} are missing in /sys/fs/cgroup"
    if "overlay" not in _filesystems() and not _has_module("overlay"):
        yield "the kernel has no overlayfs"
    if not Path("/proc/sys/net/bridge").is_dir() and not _has_module("br_netfilter"):
        yield "the kernel has no br_netfilter"


async def _missing_features() -> list[str]:
    """Try, in a network namespace that goes at once, what no file tells."""
    if not await programs.succeeds(["unshare", "--net", "--mount", "--", "true"]):
        return ["root may not make network and mount namespaces here (in a container it needs --privileged)"]
    tries = {
        "the kernel has no veth interfaces": "ip link add name va type veth peer name vb",
        "the kernel has no bridges": "ip link add name va type bridge",
        "iptables has no nat table here": "iptables -w -t nat -L -n",
    }
    tools = {"ip": "/usr/bin/ip", "iptables": "/usr/sbin/iptables"}
    possible = {text: command for text, command in tries.items() if Path(tools[command.split()[0]]).exists()}
    works = await asyncio.gather(*(programs.succeeds(["unshare", "--net", "--", *command.split()]) for command in possible.values()))
    return [text for text, worked in zip(possible, works, strict=True) if not worked]


async def install() -> None:
    """Install the Debian packages that are missing, load the kernel modules that are not built in.

    Raises:
        errors.LabError: a package could not be installed.
    """
    missing = [package.name for package in PACKAGES if not Path(package.witness).exists()]
    if missing:
        async with cache.lock("packages"):
            with steps.step(f"installing Debian packages: {', '.join(missing)} (about a minute, once)"):
                await _apt(missing)
        for package, service in _SERVICES.items():
            if package in missing:
                await _disable(service)
        # iptables was perhaps not there when the features were looked at.
        await check()
    for module in ("overlay", "br_netfilter"):
        if _has_module(module):
            await programs.run(["modprobe", module])


async def install_npm() -> None:
    """Install Debian's Node.js and npm where there is none; what an older or newer one runs as well is up to the caller.

    Raises:
        errors.LabError: a package could not be installed.
    """
    missing = [package for package, program in (("nodejs", "node"), ("npm", "npm")) if shutil.which(program) is None]
    if missing:
        async with cache.lock("packages"):
            with steps.step(f"installing Debian packages: {', '.join(missing)} (about a minute, once)"):
                await _apt(missing)


async def _apt(names: list[str]) -> None:
    apt = ["apt-get", "--quiet", "--yes", "-o", f"DPkg::Lock::Timeout={_APT_LOCK_S}"]
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    await programs.run([*apt, "update"], deadline_s=_INSTALL_DEADLINE_S, env=quiet)
    await programs.run([*apt, "install", "--no-install-recommends", *names], deadline_s=_INSTALL_DEADLINE_S, env=quiet)


async def _disable(service: str) -> None:
    """Stop the service that a package has just brought, and do not start it at boot."""
    if Path("/run/systemd/system").is_dir():
        await programs.run(["systemctl", "disable", "--now", service])


def _filesystems() -> set[str]:
    return {line.split()[-1] for line in Path("/proc/filesystems").read_text().splitlines() if line.strip()}


def _has_module(name: str) -> bool:
    """Whether the running kernel has it as a loadable module."""
    folder = Path("/lib/modules") / os.uname().release
    return shutil.which("modprobe") is not None and any(folder.rglob(f"{name}.ko*"))
