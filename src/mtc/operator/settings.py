"""Follows the settings while the controller runs: a change is in effect at once, and whoever depends on it is woken."""

import asyncio
from collections.abc import Awaitable, Callable

from mtc.api import base, names
from mtc.kube.client import Client
from mtc.kube.reading import Readings
from mtc.kube.served import ServedKinds
from mtc.migration import reconcile_settings
from mtc.migration import settings as config
from mtc.migration.topics import Result
from mtc.operator.declared import Declared
from mtc.operator.loop import Ref


class CurrentSettings:
    """Keeps the settings current.

    Args:
        host: where they stand.
        served: to follow what they are read from.
        namespace: where they stand.
        live: takes them over.
        changed: called after each change, before which nothing was woken for it.

    Attributes:
        read: set when the settings have been read for the first time.
    """

    def __init__(
        self, host: Client, served: ServedKinds, *, namespace: str, live: config.Live, changed: Callable[[], Awaitable[None]]
    ) -> None:
        self._host, self._live, self._changed = host, live, changed
        self._name = Ref(namespace, names.CONTROLLER_NAME)
        self._announced = live.version
        self._reporter = reconcile_settings.Reporter()
        self._loop = Declared(host, config.MIGRATION_CONTROLLERS, self._pass, namespace=namespace, served=served).loop
        self.read = asyncio.Event()

    async def run(self) -> None:
        """Runs until cancelled."""
        # There may be no MigrationController that would wake it.
        self._loop.wake(self._name)
        await self._loop.run()

    async def _pass(self, ref: base.Ref, _: Readings) -> Result:
        result = await reconcile_settings.step(ref, host=self._host, live=self._live, reporter=self._reporter)
        if ref.name == self._name.name:
            version = self._live.version
            # At the start everything is looked at anyway.
            if self.read.is_set() and version != self._announced:
                await self._changed()
            self._announced = version
            self.read.set()
        return result
