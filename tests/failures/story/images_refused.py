"""The image registry of the target does not let the controller in."""

import contextlib
import tempfile
from pathlib import Path

from kit import image_streams, planes, registries
from kit.failures import Failure, Ground
from kit.registries import Registry
from mtc.kube import resources


async def _inject(ground: Ground) -> str:
    world = ground.world
    source, target, layouts = _registries(ground)
    token = await world.remote_token()
    source.allow("ignored", token)
    await image_streams.define(ground.remote)
    ground.on_leaving(lambda: image_streams.undefine(ground.remote))
    await image_streams.settings(world)
    await world.declare_clusters(token=token)
    await world.declare_storage(ground.s3)
    await image_streams.expose(world, source, target)
    await ground.application()
    digest = source.push(registries.make(layouts, "refused"), f"{ground.app}/web:1")
    await image_streams.make(ground.remote, ground.app, "web", {"1": [digest]})
    await ground.plan(indirectImageMigration=False)
    await world.make(resources.MIG_MIGRATIONS, "run", spec={"migPlanRef": world.reference("shop"), "stage": True})
    await world.until(resources.MIG_MIGRATIONS, "run", planes.shows("SucceededWithWarnings"), timeout_s=90)
    return "run"


def _registries(ground: Ground) -> tuple[Registry, Registry, Path]:
    """Two, and a folder for images; gone when the failure is over."""
    stack = contextlib.ExitStack()
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mtc-registries-")))
    source, target = (stack.enter_context(registries.registry(folder / name)) for name in ("source", "target"))

    async def close() -> None:
        stack.close()

    ground.on_leaving(close)
    return source, target, folder


FAILURE = Failure(_inject, "image-uncopied", ("DirectImageStreamMigration", ""), "right to read images")
