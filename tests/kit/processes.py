"""Processes of the toolkit on the nodes of a lab, and their sudden end."""

import asyncio
import contextlib
import os
import re
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Self

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


class Brake:
    """Holds the controller of a lab where it is, and lets it go on, at the latest at the end."""

    def __init__(self, lab: labs.Lab) -> None:
        self._lab = lab
        self._known = 0
        self._is_held = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.release()

    async def stop(self) -> None:
        """It does nothing more from now on."""
        if not self._signal(signal.SIGSTOP):
            # Phases are short: it is looked for once in its life.
            self._known = await until_started(self._lab, CONTROLLER)
            self._signal(signal.SIGSTOP)
        self._is_held = True

    async def step(self, seconds: float) -> None:
        """It goes on for a moment."""
        self.release()
        await asyncio.sleep(seconds)
        await self.stop()

    def release(self) -> None:
        """It goes on; one that was killed meanwhile has nothing to go on with."""
        if self._is_held:
            self._signal(signal.SIGCONT)
        self._is_held = False

    def _signal(self, what: signal.Signals) -> bool:
        with contextlib.suppress(ProcessLookupError):
            if self._known:
                os.kill(self._known, what)
                return True
        return False


async def until_started(lab: labs.Lab, process: Process) -> int:
    """The id of a process, as soon as it is there; it may not be ready yet."""
    cluster: Client = lab.source if process.role == "source" else lab.target

    def runs(pods: list[Object]) -> bool:
        states = [status.get("state") or {} for pod in pods for status in pod["status"].get("containerStatuses") or []]
        return len(pods) == 1 and len(states) == 1 and "running" in states[0] and not pods[0]["metadata"].get("deletionTimestamp")

    await lab.world.until_list(resources.PODS, runs, cluster=cluster, label_selector=process.selector, timeout_s=120)
    return await found(lab, process)


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
