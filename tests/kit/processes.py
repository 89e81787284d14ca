"""Processes of the toolkit on the nodes of a lab, and their sudden end."""

import os
import re
import signal
from dataclasses import dataclass
from pathlib import Path

from kit import labs
from mtc.kube import resources
from mtc.kube.client import Client, Object


@dataclass(frozen=True)
class Process:
    """A process of the toolkit.

    Attributes:
        title: what people call it.
        role: the cluster that it works on.
        selector: finds its pod.
    """

    title: str
    role: str
    selector: str


CONTROLLER = Process("controller", "target", "app.kubernetes.io/name=migration-controller")
SOURCE_ENGINE = Process("source-engine", "source", "component=velero")
TARGET_ENGINE = Process("target-engine", "target", "component=velero")
SOURCE_AGENT = Process("source-agent", "source", "name=node-agent")
TARGET_AGENT = Process("target-agent", "target", "name=node-agent")
ALL = (CONTROLLER, SOURCE_ENGINE, TARGET_ENGINE, SOURCE_AGENT, TARGET_AGENT)


async def pod_of(lab: labs.Lab, process: Process) -> Object:
    """The pod of a process."""
    cluster: Client = lab.source if process.role == "source" else lab.target
    (pod,) = await cluster.list_all(resources.PODS, namespace=labs.TOOLKIT, label_selector=process.selector)
    return pod


def restarts(pod: Object) -> int:
    """How often the container of a pod was started again."""
    return sum(int(status.get("restartCount") or 0) for status in pod["status"].get("containerStatuses") or [])


async def kill(lab: labs.Lab, process: Process) -> int:
    """Ends a process as `kill -9` does, and no other one; its id on this machine."""
    first = await found(lab, process)
    end(first)
    return first


def end(first: int) -> None:
    """Ends the process of that id at once."""
    os.kill(first, signal.SIGKILL)


async def found(lab: labs.Lab, process: Process) -> int:
    """The id of a process on this machine.

    The first process of a container is the toolkit's own, and the kernel ends with it all others that are in there.
    """
    pod = await pod_of(lab, process)
    (status,) = pod["status"]["containerStatuses"]
    container = re.sub(r"^containerd://", "", status["containerID"])
    members = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdecimal() and container in _cgroup(entry)]
    (first,) = [member for member in members if _inner_id(member) == 1]
    return first


async def start_anew(lab: labs.Lab, process: Process) -> None:
    """Has a dead process started in a new pod: the kubelet waits longer and longer before it starts a container that dies often."""
    pod = await pod_of(lab, process)
    cluster: Client = lab.source if process.role == "source" else lab.target
    await cluster.delete(resources.PODS, pod["metadata"]["name"], namespace=labs.TOOLKIT, uid=pod["metadata"]["uid"], grace_s=0)


async def until_ready(lab: labs.Lab, process: Process) -> None:
    """Waits until the only pod of a process is ready."""
    cluster: Client = lab.source if process.role == "source" else lab.target

    def ready(pods: list[Object]) -> bool:
        states = [status.get("ready") for pod in pods for status in pod["status"].get("containerStatuses") or []]
        return len(pods) == len(states) == 1 and all(states) and not pods[0]["metadata"].get("deletionTimestamp")

    await lab.world.until_list(resources.PODS, ready, cluster=cluster, label_selector=process.selector, timeout_s=120)


def _cgroup(entry: Path) -> str:
    try:
        return (entry / "cgroup").read_text()
    except OSError:
        return ""


def _inner_id(process: int) -> int | None:
    """The id of a process in its innermost namespace of process ids."""
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[-1]) for line in lines if line.startswith("NSpid:")), None)
