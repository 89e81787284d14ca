"""What becomes of the ImageStreams in the source of a migration, and of the images in them."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from mtc.api import conditions, names
from mtc.api.migration.migmigration import MigMigration
from mtc.api.migration.migplan import MigPlan
from mtc.api.settings.model import Settings
from mtc.engine import image_streams
from mtc.kube import errors, resources
from mtc.kube.client import Client, Object
from mtc.migration import listing, parallel
from mtc.migration.flags import NO_IMAGES, Images
from mtc.migration.scope import Scope


async def look(
    migration: MigMigration, plan: MigPlan, source: Client, settings: Settings, *, in_place: Callable[[], Awaitable[bool]]
) -> Images:
    """Asks the source, by one small list for each namespace, and only where ImageStreams would travel. Raises KubeError.

    Args:
        migration: one of the plan.
        plan: the plan.
        source: its source cluster.
        settings: of the installation.
        in_place: whether source and target are one cluster, whose registry has the images already.
    """
    found = wanted(migration, plan, settings)
    if found == NO_IMAGES or not await _is_there(source, plan):
        return NO_IMAGES
    return replace(found, copied=False, direct=False) if await in_place() else found


def wanted(migration: MigMigration, plan: MigPlan, settings: Settings) -> Images:
    """What would become of ImageStreams, if there were any and the clusters were two. Pure."""
    kind, spec = resources.IMAGE_STREAMS, migration.spec
    if {*settings.excluded_resources, *plan.status.excluded_resources} & {kind.plural, kind.group_resource} or spec.migrate_state:
        return NO_IMAGES
    are_copied = not settings.disable_image_copy
    if plan.spec.indirect_image_migration:
        return Images(streams=True, copied=are_copied)
    told = conditions.find(plan.status.conditions, conditions.MIGRATION_TYPE_IDENTIFIED)
    state_only = told is not None and told.reason != conditions.NAMESPACE_MIGRATION_PLAN
    return Images(direct=are_copied and not (state_only or spec.rollback or spec.canceled))


async def _is_there(source: Client, plan: MigPlan) -> bool:
    """Whether there is any ImageStream in the source namespaces; one of each is looked at."""

    async def has(space: str) -> bool:
        try:
            async for page in source.pages(resources.IMAGE_STREAMS, namespace=space, limit=1, metadata_only=True):
                return bool(page.items)
        except (errors.NotServed, errors.NotFound):
            pass  # most clusters do not know the type
        return False

    return any(await parallel.gather(has(space) for space in dict.fromkeys(entry.source for entry in plan.namespace_mappings)))


async def hosts(scope: Scope) -> dict[str, str]:
    """Annotations for the final Restore: what the registries of both clusters are called, {} where images do not travel.

    A stream tells it: OpenShift's API server gives each one its place. Where none does, references stay as they are.
    """
    if not (scope.images.copied or scope.images.direct):
        return {}
    kind = resources.IMAGE_STREAMS
    source = await listing.of_namespaces(scope.source, kind, scope.source_namespaces)
    target = await listing.of_namespaces(scope.target, kind, scope.target_namespaces)
    found = {names.BACKUP_REGISTRY_HOST: _host(source), names.RESTORE_REGISTRY_HOST: _host(target)}
    return found if all(found.values()) else {}


def _host(streams: list[Object]) -> str:
    """The registry of a cluster, as the first stream tells that is no window to another registry; "" where none does."""
    own = (stream for stream in streams if not (stream.get("spec") or {}).get("dockerImageRepository"))
    return next(filter(None, map(image_streams.host_of, own)), "")
