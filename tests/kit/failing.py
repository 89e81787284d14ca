"""The ground of failures that need pods: the lab's two clusters, an application of its own for each failure, and repairs afterwards."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from kit import apps, labs
from mtc.kube import resources
from mtc.kube.client import Client, Object

#: Big enough that its copy is still at work when something goes wrong.
_MEBIBYTES = 200


@dataclass
class Bench:
    """The lab, for one failure.

    Attributes:
        lab: the clusters.
        space: namespace of the application, name of its plan.
    """

    lab: labs.Lab
    space: str
    _leaving: list[Callable[[], Awaitable[Any]]] = field(default_factory=list)

    @property
    def run(self) -> str:
        """The name of the migration."""
        return f"{self.space}-final"

    def on_leaving(self, work: Callable[[], Awaitable[Any]]) -> None:
        """What is to be put right afterwards; the last one first."""
        self._leaving.append(work)

    async def leave(self) -> None:
        """Puts everything right, so that the next one has a lab that is well, and stops what still runs."""
        for work in reversed(self._leaving):
            await work()
        found = await self.lab.target.find(resources.MIG_MIGRATIONS, self.run, namespace=labs.TOOLKIT)
        if found is not None and not labs.is_over(found):
            await self.lab.target.patch(resources.MIG_MIGRATIONS, self.run, {"spec": {"canceled": True}}, namespace=labs.TOOLKIT)
            await self.lab.over(self.run)

    async def application(
        self, *, pod: dict[str, Any] | None = None, command: list[str] | None = None, more: list[Object] | None = None
    ) -> None:
        """A Deployment without a volume."""
        made = apps.deployment(self.space, "web", self.lab.image)
        spec = made["spec"]["template"]["spec"]
        spec.update(pod or {})
        if command:
            spec["containers"][0]["command"] = command
        await self.lab.apply(self.lab.source, apps.namespace(self.space), *(more or []), made)

    async def application_with_volume(self, *, mebibytes: int = 0) -> None:
        """A Deployment with a volume that runs, with so much on it."""
        claim, made = apps.claim(self.space, "data"), apps.deployment(self.space, "web", self.lab.image, claims=["data"])
        await self.lab.apply(self.lab.source, apps.namespace(self.space), claim, made)
        await self.lab.until_running(self.lab.source, self.space)
        folder = (await self.lab.folders(self.lab.source, self.space))["data"]
        if mebibytes:
            apps.fill_big(folder, random_mebibytes=mebibytes)
        else:
            apps.fill_few(folder, {"file": "content"})

    async def plan(self, *, volumes: int = 0, **spec: Any) -> None:
        """The plan, when it is ready."""
        await self.lab.plan(self.space, [self.space], volumes=volumes)
        if spec:
            await self.lab.target.patch(resources.MIG_PLANS, self.space, {"spec": spec}, namespace=labs.TOOLKIT)

    async def start(self, **spec: Any) -> str:
        """A final migration; its name."""
        await self.lab.start(self.space, self.run, **spec)
        return self.run

    async def copying(self) -> str:
        """A migration that is just copying a large volume; its name."""
        await self.application_with_volume(mebibytes=_MEBIBYTES)
        await self.plan(volumes=1)
        await self.start()
        await self.lab.until_some(self.lab.source, resources.POD_VOLUME_BACKUPS, self._is_copied)
        return self.run

    def _is_copied(self, item: Object) -> bool:
        return item["spec"]["pod"]["namespace"] == self.space and labs.phase(item) == "InProgress"

    async def moved(self) -> str:
        """Plan and final migration of an application without volumes, when it has ended; its name."""
        await self.plan()
        await self.start()
        await self.lab.over(self.run)
        return self.run

    async def scale(self, cluster: Client, name: str, replicas: int) -> None:
        """Scales one of our own Deployments, and waits until its pods are as wanted; it is scaled back afterwards."""
        await self.lab.kubectl(cluster, "-n", labs.TOOLKIT, "scale", "deployment", name, f"--replicas={replicas}")
        if replicas == 0:
            await self.lab.kubectl(
                cluster,
                "-n",
                labs.TOOLKIT,
                "wait",
                "--for=delete",
                "pod",
                "-l",
                f"app.kubernetes.io/name={name}",
                "--timeout=120s",
                deadline_s=130,
            )
            self.on_leaving(lambda: self.scale(cluster, name, 1))
        else:
            await self.lab.kubectl(cluster, "-n", labs.TOOLKIT, "rollout", "status", f"deployment/{name}", "--timeout=180s", deadline_s=190)

    async def agents(self, cluster: Client, selector: dict[str, str | None]) -> None:
        """Gives the node agents a node selector, and waits until they are as wanted."""
        patch = {"spec": {"template": {"spec": {"nodeSelector": selector}}}}
        await cluster.patch(resources.DAEMON_SETS, "node-agent", patch, namespace=labs.TOOLKIT)
        if any(selector.values()):
            await self.lab.kubectl(
                cluster, "-n", labs.TOOLKIT, "wait", "--for=delete", "pod", "-l", "role=node-agent", "--timeout=120s", deadline_s=130
            )
        else:
            await self.lab.kubectl(
                cluster, "-n", labs.TOOLKIT, "rollout", "status", "daemonset/node-agent", "--timeout=180s", deadline_s=190
            )


async def again_and_again(work: Callable[[], Awaitable[Any]], *, every_s: float) -> None:
    """Does something until cancelled."""
    while True:
        await work()
        await asyncio.sleep(every_s)
