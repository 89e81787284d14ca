"""`mtc lab status`: what of a lab runs, and where it is reached."""

from dataclasses import dataclass
from pathlib import Path

from mtc.lab import binaries, cluster, kubernetes, layout, node, probes, processes, servers, state


@dataclass(frozen=True)
class Component:
    """One program of the lab.

    Attributes:
        cluster: `source`, `target`, or `-` for what both share.
        name: what it is called.
        pid: its process id, None where it does not run.
        is_ready: whether it does its work, as far as can be told from outside.
        address: where it is reached, empty where only its own cluster reaches it.
        log: file with its output.
    """

    cluster: str
    name: str
    pid: int | None
    is_ready: bool
    address: str
    log: str


async def components(name: str) -> list[Component]:
    """All programs of the lab of that name.

    Raises:
        errors.LabNotFound: there is no such lab.
    """
    lab = state.require(name)
    shared = [
        await _probed(lab, servers.S3, lab.s3_endpoint, f"{lab.s3_endpoint}/healthz"),
        await _probed(lab, servers.REGISTRY, lab.registry, f"http://{lab.registry}/v2/"),
    ]
    return shared + [component for one in lab.clusters for component in await _of_cluster(one)]


async def _probed(lab: layout.Lab, name: str, address: str, url: str) -> Component:
    is_ready = await probes.status(url) == probes.OK
    return _component(lab.run_directory, "-", name, address=address, is_ready=is_ready)


async def _of_cluster(one: layout.Cluster) -> list[Component]:
    server = f"https://{one.address}:6443"
    authority = one.directory / "pki" / "ca.crt"
    serves = authority.exists() and await probes.status(f"{server}/readyz", authority=authority) == probes.OK
    works = serves and await cluster.node_is_ready(await binaries.kubernetes(), one)
    told = {
        kubernetes.API_SERVER: (server, serves),
        node.KUBELET: (f"{one.address}:10250", works),
        node.HOLDER: (one.address, True),
    }
    found = []
    for name in cluster.PROGRAMS:
        address, is_ready = told.get(name, ("", True))
        found.append(_component(one.run_directory, one.role, name, address=address, is_ready=is_ready))
    return found


def _component(directory: Path, cluster_name: str, name: str, *, address: str, is_ready: bool) -> Component:
    record = processes.read(directory, name)
    if record is None:
        return Component(cluster_name, name, None, is_ready=False, address=address, log="")
    pid = record.pid if record.is_alive else None
    return Component(cluster_name, name, pid, is_ready=is_ready and pid is not None, address=address, log=str(record.log))
