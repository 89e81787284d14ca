"""One archive from its beginning to its end.

First the Secrets of all involved namespaces are read, so that everything after that passes a filter which knows their values. Then objects,
logs and files of the bucket go, cleaned one by one, into a folder. Of that folder, not of the clusters, the pages for people are made. At
last every file is searched for every value once more; a folder with a find is not handed out.
"""

import asyncio
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import mtc
from mtc.gather import bucket, errors, folder, for_people, known, last_look, layout, metrics, objects, pod_logs, reader, redact, wanted
from mtc.kube import codec, resources
from mtc.look import clocks
from mtc.look.sites import Site, Sites

#: What is left may still be confidential: others of the machine may not read it.
_FILE_MODE = 0o600


@dataclass(frozen=True)
class Wish:
    """What a person wants.

    Attributes:
        target: a folder that does not exist yet or is empty, or a file whose name ends with `.tar.gz` or `.tgz`.
        namespace: of the toolkit.
        since: older log lines and Events are left out; None for all.
        is_essential: whether to leave out what only rarely helps.
        cluster: name of the only cluster that is taken; "" for all. Of the host everything but its applications and logs is taken always:
            without the plans nobody would know what the rest is about.
    """

    target: Path
    namespace: str
    since: datetime | None = None
    is_essential: bool = False
    cluster: str = ""

    @property
    def is_file(self) -> bool:
        """Whether a file is wanted."""
        return self.target.name.endswith((".tar.gz", ".tgz"))


@dataclass(frozen=True)
class Outcome:
    """What came of it.

    Attributes:
        path: the archive.
        files, size_bytes: in the folder.
        masked: how often, by reason.
    """

    path: Path
    files: int
    size_bytes: int
    masked: dict[str, int]


async def gather(sites: Sites, wish: Wish, *, tell: Callable[[str], None]) -> Outcome:
    """Makes the archive. What could not be taken is in its manifest and in `sites.troubles`.

    Raises:
        errors.GatherError: the target cannot be written, or a secret was found in what had been written.
        KubeError: the host cluster failed.
    """
    place = _begin(wish)
    try:
        outcome = await _gathered(sites, wish, place, tell)
        if wish.is_file:
            tell("packing")
            await asyncio.to_thread(folder.pack, place, wish.target)
            wish.target.chmod(_FILE_MODE)
        else:
            place.rename(wish.target)
    finally:
        shutil.rmtree(place, ignore_errors=True)
    return outcome


def _begin(wish: Wish) -> Path:
    """An empty folder beside the target, so that it can be renamed; the target itself appears whole or not at all."""
    target = wish.target
    try:
        if wish.is_file and target.is_dir():
            raise errors.GatherError(f"{target} is a folder, and an archive of that name is wanted. Give another name with -o.")
        if not wish.is_file and target.is_dir() and any(target.iterdir()):
            raise errors.GatherError(f"Folder {target} is not empty. Empty it, or give another one with -o.")
        if not wish.is_file and target.exists() and not target.is_dir():
            raise errors.GatherError(f"{target} exists and is no folder. Give another name with -o; a file's ends with .tar.gz.")
        target.parent.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    except OSError as error:
        raise errors.GatherError(f"{target} cannot be written ({error.strerror}). Give another place with -o.") from error


async def _gathered(sites: Sites, wish: Wish, place: Path, tell: Callable[[str], None]) -> Outcome:
    taken_at, host, unreachable = datetime.now(UTC), sites.host.client, list(sites.troubles)
    kinds = (resources.MIG_PLANS, resources.MIG_CLUSTERS, resources.MIG_STORAGES, resources.MIG_HOOKS)
    listed = await asyncio.gather(*(host.list_all(kind, namespace=wish.namespace) for kind in kinds))
    declared = [item for items in listed[1:] for item in items]
    spaces = wanted.spaces(sites.host.name, [site.name for site in sites.all], listed[0], declared)
    public = {wish.namespace, *(site.name for site in sites.all), *(space for own in spaces.values() for space in own.applications)}
    public |= {item["metadata"]["name"] for items in listed for item in items}
    tell("reading Secrets, so that none of their values is taken")
    values, unknown = await known.read(sites, spaces, namespace=wish.namespace, public=public)
    written, redactor = folder.Folder(place), redact.Redactor(values)
    taking = objects.Taking(written, redactor, wish.namespace, wish.since, wish.is_essential, frozenset(unknown), wish.cluster)
    # The values are those of all clusters: what one of them keeps secret may stand in an object or a log of another.
    taken = Sites(tuple(site for site in sites.all if site.is_host or taking.is_whole(site)), sites.troubles)
    tell(f"objects, logs and files of the bucket of {wish.cluster or sites.names}")

    async def of_site(site: Site) -> dict[str, Any]:
        return await _of_site(site, sites, taking, spaces[site.name])

    found = await asyncio.gather(taken.each(of_site, deadline_s=None), clocks.offsets(taken))
    clusters = {site.name: {**told, "clockOffsetSeconds": found[1].get(site.name)} for site, told in found[0]}
    silent = tuple(f"cluster {site.name}: " for site in taken.all if site.name not in clusters)
    unreachable += [trouble for trouble in sites.troubles if trouble.startswith(silent)] if silent else []
    manifest = {
        "format": reader.FORMAT, "program": f"mtc {mtc.__version__}", "taken": taken_at.isoformat(), "namespace": wish.namespace,
        "since": wish.since.isoformat() if wish.since else None, "essential": wish.is_essential, "only": wish.cluster,
        "clusters": clusters, "unreachable": [redactor.text(trouble) for trouble in dict.fromkeys(unreachable)],
        "troubles": [redactor.text(trouble) for trouble in dict.fromkeys(sites.troubles)],
    }  # fmt: skip
    written.write(layout.MANIFEST, codec.dumps(manifest))
    tell("the summary, and a last look for secrets")
    last = last_look.LastLook(written, values)
    await for_people.write(reader.of_folder(place), written, last)
    masked = {reason: redactor.counts[reason] for reason in redact.REASONS}
    files = {
        name: {"bytes": size, "sha256": last.checksums[name]} for name, size in sorted(written.files.items()) if name != layout.MANIFEST
    }
    written.write(layout.MANIFEST, codec.dumps_pretty({**manifest, "masked": masked, "reasons": redact.REASONS, "files": files}))
    return Outcome(wish.target, len(written.files), sum(written.files.values()), masked)


async def _of_site(site: Site, sites: Sites, taking: objects.Taking, spaces: wanted.Spaces) -> dict[str, Any]:
    taken = await taking.of_site(site, spaces)
    stored = bucket.Bucket(site, taking.namespace)
    with_bucket = taking.is_whole(site) and (site.name, taking.namespace) not in taking.unknown
    with_metrics = site.is_host and taking.is_whole(site) and not taking.is_essential
    logs, no_metrics, _ = await asyncio.gather(
        pod_logs.take(site, taken.logged, folder=taking.folder, redactor=taking.redactor, since=taking.since),
        metrics.take(site, namespace=taking.namespace, folder=taking.folder, redactor=taking.redactor)
        if with_metrics
        else asyncio.sleep(0, ""),
        stored.take(folder=taking.folder, redactor=taking.redactor, since=taking.since) if with_bucket else asyncio.sleep(0),
    )
    told: list[str] = []
    if taken.unread:
        first = next(iter(taken.unread.values()))
        told.append(f"cluster {site.name}: {len(taken.unread)} collections could not be read, which the manifest lists. {first}")
    told += [f"cluster {site.name}: log of {name}: {why}" for name, why in logs.items()]
    told += [f"cluster {site.name}: bucket of BackupStorageLocation {name}: {why}" for name, why in stored.troubles.items()]
    sites.troubles.extend(told)
    return {
        "host": site.is_host, "server": site.client.access.server, "read": sorted(taken.counts), "unread": taken.unread,
        "objects": {entry: count for entry, count in sorted(taken.counts.items()) if count}, "logsNotRead": logs,
        **({"metricsNotRead": no_metrics} if no_metrics else {}),
    }  # fmt: skip
