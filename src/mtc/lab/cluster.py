"""Start one cluster of a lab: certificates, node, control plane, kubelet, and what runs in the cluster itself.

Every function leaves alone what already runs, so that the same calls start a cluster and heal it.
"""

import asyncio
import json
import string
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mtc.lab import binaries, cgroups, errors, images, kubernetes, layout, network, node, pki, probes, processes, programs, provisioner

PROVISIONER = "provisioner"
ETCD = "etcd"
# In the order they are started.
PROGRAMS = (
    node.HOLDER,
    ETCD,
    kubernetes.API_SERVER,
    kubernetes.CONTROLLER_MANAGER,
    kubernetes.SCHEDULER,
    node.CONTAINERD,
    node.KUBELET,
    node.PROXY,
    PROVISIONER,
)
_READY_S = 90
_CONTAINERD_S = 30
_APPLY_TRIES = 20
_PAUSE_S = 0.5
_DNS_PORT = 53


@dataclass(frozen=True)
class Parts:
    """What the clusters are made from.

    Attributes:
        kubernetes: the programs of Kubernetes.
        pause: the program that holds namespaces.
        pause_image: every pod's first container.
        coredns_image: the DNS server.
    """

    kubernetes: binaries.Kubernetes
    pause: Path
    pause_image: images.Image
    coredns_image: images.Image


@dataclass(frozen=True)
class Starting:
    """A cluster on its way up."""

    lab: layout.Lab
    cluster: layout.Cluster
    parts: Parts
    settings: kubernetes.Settings
    node: node.Node


async def prepare(lab: layout.Lab, cluster: layout.Cluster, parts: Parts) -> Starting:
    """Make the certificates and kubeconfigs of the cluster."""
    reached_by = (cluster.address, cluster.api_service)
    requests = [*kubernetes.certificates(addresses=reached_by), *node.certificates(cluster)]
    authority = await pki.create(cluster.directory / "pki", requests)
    settings = kubernetes.Settings(
        kubernetes=parts.kubernetes,
        directory=cluster.directory,
        authority=authority,
        address=cluster.address,
        bind_address="0.0.0.0",  # noqa: S104 - all interfaces of the node's own network namespace
        service_cidr=cluster.services,
        cluster_cidr=cluster.pods,
    )
    kubernetes.write_kubeconfigs(settings, cluster=f"{lab.name}-{cluster.role}")
    machine = node.Node(lab, cluster, parts.kubernetes, authority, parts.pause, parts.pause_image.in_registry(lab))
    return Starting(lab, cluster, parts, settings, machine)


async def start_node(starting: Starting) -> None:
    """Have the node's namespaces, connected; a node whose holder has ended loses what still runs in it first."""
    cluster = starting.cluster
    if not processes.is_alive(cluster.run_directory, node.HOLDER):
        await _end_remains(cluster)
    holder = await starting.node.start_holder()
    await network.connect(starting.lab, cluster, holder=holder)


async def _end_remains(cluster: layout.Cluster) -> None:
    """End the pods and programs of a node that is to be started anew."""
    for name in reversed(PROGRAMS):
        await processes.stop(cluster.run_directory, name)
    for pid in cgroups.processes(cluster.lab):
        if _is_in_node(pid, cluster):
            programs.kill(pid)
    await cgroups.end(cluster.lab, part=cluster.role)


def _is_in_node(pid: int, cluster: layout.Cluster) -> bool:
    """Whether the process sees the cluster's folder as its kubelet's: only the node's own mount namespace has it there."""
    try:
        return f"{cluster.directory}/kubelet /var/lib/kubelet " in Path(f"/proc/{pid}/mountinfo").read_text()
    except OSError:
        return False


async def start_control_plane(starting: Starting) -> None:
    """Have etcd, API server, controller manager and scheduler; returns when the API server is ready."""
    machine, settings = starting.node, starting.settings
    machine.start(ETCD, kubernetes.etcd_argv(settings))
    machine.start(kubernetes.API_SERVER, kubernetes.api_server_argv(settings))
    try:
        await probes.until_answers(f"{settings.server}/readyz", authority=settings.authority.certificate, deadline_s=_READY_S)
    finally:
        processes.require_alive(starting.cluster.run_directory, [ETCD, kubernetes.API_SERVER])
    # Before the API server is ready it has no roles yet, and these end when they are refused at their start.
    machine.start(kubernetes.CONTROLLER_MANAGER, kubernetes.controller_manager_argv(settings))
    machine.start(kubernetes.SCHEDULER, kubernetes.scheduler_argv(settings))


async def start_containerd(starting: Starting) -> None:
    """Have containerd; returns when it answers."""
    starting.node.start_containerd()
    socket = starting.cluster.containerd_socket
    for _ in range(int(_CONTAINERD_S / _PAUSE_S)):
        processes.require_alive(starting.cluster.run_directory, [node.CONTAINERD])
        if socket.exists() and await programs.succeeds(["ctr", "--address", str(socket), "version"]):
            return
        await asyncio.sleep(_PAUSE_S)
    processes.require_alive(starting.cluster.run_directory, [node.CONTAINERD])


async def join(starting: Starting) -> None:
    """Start what makes the node work, and put into the cluster what every cluster has; needs API server and containerd."""
    cluster = starting.cluster
    starting.node.start_kubelet()
    starting.node.start_proxy()
    volumes = cluster.directory / "volumes"
    volumes.mkdir(exist_ok=True)
    argv = [sys.executable, "-m", "mtc.lab.provisioner", str(cluster.kubeconfig), str(volumes), cluster.node]
    log = cluster.directory / "log" / f"{PROVISIONER}.log"
    processes.ensure(cluster.run_directory, PROVISIONER, argv, log=log)
    await _apply(starting)


async def _apply(starting: Starting) -> None:
    lab, cluster = starting.lab, starting.cluster
    source, target = lab.clusters
    values = {
        "provisioner": provisioner.NAME,
        "image": starting.parts.coredns_image.in_registry(lab),
        "dns": cluster.dns_service,
        "machine": lab.address,
        "source": source.address,
        "target": target.address,
    }
    manifest = addons(values)
    for attempt in range(1, _APPLY_TRIES + 1):
        try:
            await kubectl(starting.parts.kubernetes, cluster, "apply", "-f", "-", stdin=manifest.encode())
        except (errors.ProgramFailed, errors.ProgramTimedOut):
            # A moment after its start the API server does not know the namespace kube-system or the service range yet.
            if attempt == _APPLY_TRIES:
                raise
            await asyncio.sleep(_PAUSE_S)
        else:
            return


def addons(values: Mapping[str, str]) -> str:
    """The manifests of what every cluster has."""
    folder = binaries.checkout() / "lab" / "addons"
    return "\n---\n".join(string.Template(path.read_text()).substitute(values) for path in sorted(folder.glob("*.yaml")))


async def until_ready(starting: Starting) -> None:
    """Return when the node is ready and DNS answers."""
    waiting = asyncio.create_task(_wait_for_cluster(starting))
    try:
        while not waiting.done():
            # Waiting for what has ended would only hide why.
            processes.require_alive(starting.cluster.run_directory, PROGRAMS)
            await asyncio.wait({waiting}, timeout=_PAUSE_S)
        await waiting
    finally:
        waiting.cancel()


async def _wait_for_cluster(starting: Starting) -> None:
    built, cluster = starting.parts.kubernetes, starting.cluster
    timeout = f"--timeout={_READY_S}s"
    # The kubelet makes the node's object a moment after it starts.
    await kubectl(built, cluster, "wait", "--for=create", timeout, f"node/{cluster.node}")
    await kubectl(built, cluster, "wait", "--for=condition=Ready", timeout, f"node/{cluster.node}")
    await kubectl(built, cluster, "-n", "kube-system", "wait", "--for=condition=Available", timeout, "deployment/coredns")
    # Conditions may be left from before a restart; an answer by way of kube-proxy from a pod is not.
    await probes.until_connects(cluster.dns_service, _DNS_PORT, deadline_s=_READY_S)


async def kubectl(built: binaries.Kubernetes, cluster: layout.Cluster, *arguments: str, stdin: bytes | None = None) -> str:
    """What kubectl prints, as the cluster's administrator."""
    argv = [built.path("kubectl"), f"--kubeconfig={cluster.kubeconfig}", *arguments]
    return await programs.run(argv, stdin=stdin, deadline_s=_READY_S + 10)


async def node_is_ready(built: binaries.Kubernetes, cluster: layout.Cluster) -> bool:
    """Whether the API server answers and calls the node ready."""
    try:
        found = json.loads(await kubectl(built, cluster, "get", "node", cluster.node, "-o", "json", "--request-timeout=5s"))
    except (errors.ProgramFailed, errors.ProgramTimedOut):
        return False
    conditions = {condition["type"]: condition["status"] for condition in found["status"].get("conditions", [])}
    return bool(conditions.get("Ready") == "True")
