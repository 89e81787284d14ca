"""Follows the settings while the controller runs: a change is in effect at once, and whoever depends on it is woken."""

import asyncio
from collections.abc import Awaitable, Callable

from mtc.api import base, names
from mtc.kube.client import Client
from mtc.kube.mirrors import Follower, Mirrors
from mtc.migration import reconcile_settings
from mtc.migration import settings as config
from mtc.operator.loop import Loop, Ref


class CurrentSettings:
    """Keeps the settings current.

    Args:
        host: where they stand.
        mirrors: to follow what they are read from.
        namespace: where they stand.
        live: takes them over.
        changed: called after each change, before which nothing was woken for it.

    Attributes:
        read: set when the settings have been read for the first time.
    """

    def __init__(
        self, host: Client, mirrors: Mirrors, *, namespace: str, live: config.Live, changed: Callable[[], Awaitable[None]]
    ) -> None:
        self._host, self._live, self._changed = host, live, changed
        self._name = Ref(namespace, names.CONTROLLER_NAME)
        self._announced = live.version
        self._reporter = reconcile_settings.Reporter()
        self._loop = Loop(host, config.MIGRATION_CONTROLLERS, self._step, namespace=namespace)
        self._mirrors = mirrors
        self.read = asyncio.Event()

    async def run(self) -> None:
        """Runs until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._loop.run())
            # The loop takes work from the moment that it has begun; there may be no MigrationController that would wake it.
            await asyncio.sleep(0)
            self._loop.wake(self._name)

    async def _step(self, ref: Ref) -> float | None:
        result = await reconcile_settings.step(base.Ref(ref.namespace, ref.name), host=self._host, live=self._live, reporter=self._reporter)
        follower = Follower((config.MIGRATION_CONTROLLERS.plural, ref), lambda after_s: self._loop.wake(ref, after_s=after_s))
        self._mirrors.follow(follower, result.topics)
        if ref == self._name:
            version = self._live.version
            # At the start everything is looked at anyway.
            if self.read.is_set() and version != self._announced:
                await self._changed()
            self._announced = version
            self.read.set()
        return result.after_s
