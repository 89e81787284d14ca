"""The objects of each plan, as YAML in folders that mirror what was made for what: for people who look into an archive without us."""

from collections.abc import Iterable, Iterator

from mtc.api import names
from mtc.gather import layout, readable
from mtc.kube import resources
from mtc.kube.client import Object
from mtc.kube.resources import ResourceType
from mtc.look.sites import Sites

_DIRECT = tuple(
    resources.migration(plural, kind)
    for plural, kind in (("directvolumemigrations", "DirectVolumeMigration"), ("directimagemigrations", "DirectImageMigration"))
)
_PARTS = {
    "Backup": (resources.POD_VOLUME_BACKUPS, names.BACKUP_NAME),
    "Restore": (resources.POD_VOLUME_RESTORES, names.RESTORE_NAME),
}
_OF_DIRECT = {
    "DirectVolumeMigration": resources.migration("directvolumemigrationprogresses", "DirectVolumeMigrationProgress"),
    "DirectImageMigration": resources.migration("directimagestreammigrations", "DirectImageStreamMigration"),
}


async def files(sites: Sites, *, namespace: str) -> list[tuple[str, bytes]]:
    """Name and content of the files of all plans.

    Args:
        sites: of the archive itself, so that what is written is clean.
        namespace: of the toolkit.
    """
    made, found = _Made(), list[tuple[str, bytes]]()
    for site in sites.all:
        kinds = (resources.BACKUPS, resources.RESTORES, *(kind for kind, _ in _PARTS.values()))
        for kind in (*kinds, *(_DIRECT if site.is_host else ()), *(_OF_DIRECT.values() if site.is_host else ())):
            for item in await _all(sites, site.name, kind, namespace):
                made.add(item)
    runs = await _all(sites, sites.host.name, resources.MIG_MIGRATIONS, namespace)
    for plan in await _all(sites, sites.host.name, resources.MIG_PLANS, namespace):
        place = f"{layout.PLANS}/{layout.folder_name(plan)}"
        found.append(_file(place, plan))
        for run in runs:
            if ((run.get("spec") or {}).get("migPlanRef") or {}).get("name") == plan["metadata"]["name"]:
                found += _run(f"{place}/{layout.folder_name(run)}", run, made)
    return found


class _Made:
    """What was made for migrations, found by whom it was made for. A Backup that both clusters have is there once."""

    def __init__(self) -> None:
        self.by_run: dict[str, dict[str, Object]] = {}
        self.by_owner: dict[str, dict[str, Object]] = {}

    def add(self, item: Object) -> None:
        meta = item["metadata"]
        labels = meta.get("labels") or {}
        owners = [str(owner.get("uid")) for owner in meta.get("ownerReferences") or ()]
        if run := labels.get(names.MIGRATED_BY_MIGMIGRATION):
            self.by_run.setdefault(run, {}).setdefault(layout.folder_name(item), item)
        for kind, (_, label) in _PARTS.items():
            if label in labels and item["kind"].endswith(kind):
                self.by_owner.setdefault(f"{kind}/{labels[label]}", {}).setdefault(layout.folder_name(item), item)
        for owner in owners:
            known = self.by_run if item["kind"] in _OF_DIRECT else self.by_owner
            known.setdefault(owner, {}).setdefault(layout.folder_name(item), item)


def _run(place: str, run: Object, made: _Made) -> Iterator[tuple[str, bytes]]:
    yield _file(place, run)
    for name, item in made.by_run.get(run["metadata"]["uid"], {}).items():
        yield _file(f"{place}/{name}", item)
        owner = f"{item['kind']}/{names.label_value(item['metadata']['name'])}" if item["kind"] in _PARTS else item["metadata"]["uid"]
        for part in made.by_owner.get(owner, {}).values():
            yield _file(f"{place}/{name}", part)


def _file(place: str, item: Object) -> tuple[str, bytes]:
    return f"{place}/{layout.folder_name(item)}.yml", readable.dumps(item)


async def _all(sites: Sites, name: str, kind: ResourceType, namespace: str) -> Iterable[Object]:
    site = sites.find(name)
    return [] if site is None else await site.client.list_all(kind, namespace=namespace)
