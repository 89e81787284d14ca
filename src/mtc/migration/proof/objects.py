"""Objects: each one of the initial Backup beside the one of the target, after what a restore changes on purpose.

Claims come with the stage Backup, so they are looked up in its archive. Archives wait on disk, the target is read page by page, and
what differs goes into the report line by line: memory does not grow with the number of objects.
"""

import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from isal import igzip

from mtc import store
from mtc.api.proof import ProofDifference
from mtc.engine import archive, layout, listing, results
from mtc.engine import errors as engine_errors
from mtc.engine.restore import context as contexts
from mtc.engine.restore import expected, run
from mtc.kube import codec, discovery, errors, resources
from mtc.kube.client import Client, Object
from mtc.kube.resources import ResourceType
from mtc.migration import parallel
from mtc.migration.proof import differ, rules
from mtc.migration.proof.verdict import Findings
from mtc.store import errors as store_errors

_KEPT = 20
_GROUPS_AT_ONCE = 8
_NAMESPACES = "namespaces"
_AUTOSCALERS = "horizontalpodautoscalers.autoscaling"


@dataclass(frozen=True)
class Brought:
    """A Backup, and the Restore that brought what is in it."""

    backup: Object
    restore: Object


@dataclass(frozen=True)
class Saved:
    """What is to be found again.

    Attributes:
        target: the cluster where it should be.
        objects: the initial Backup and the final Restore.
        claims: the stage Backup and the stage Restore, None where no claims were to be brought.
        bucket: of the Backups.
        parts: keys of reports about volumes, which the report of the whole takes in.
    """

    target: Client
    objects: Brought
    claims: Brought | None
    bucket: store.Store
    parts: Sequence[str] = ()


async def compare(saved: Saved, *, head: Object) -> tuple[Findings, str]:
    """What was found, and the key of the report.

    Args:
        saved: what is to be found again.
        head: the first line of the report.

    Raises:
        StoreError, EngineError: the archive of the initial Backup cannot be read, or the report not be written.
        KubeError: the target gives no answer.
    """
    key = layout.BackupFiles(saved.objects.backup["metadata"]["name"]).part("proof.jsonl.gz")
    found = Findings()
    with tempfile.TemporaryDirectory(prefix="mtc-proof-") as place:
        report = Path(place) / "report.gz"
        discovered = await discovery.discover(saved.target)
        with igzip.open(report, "wb") as lines:
            lines.write(codec.dumps(head) + b"\n")
            async with _unpacked(saved, saved.objects, Path(place) / "objects", discovered) as context:
                await _Work(context, lines, found).everything()
            if saved.claims:
                try:
                    async with _unpacked(saved, saved.claims, Path(place) / "claims", discovered) as context:
                        await _Work(context, lines, found).claims()
                except store_errors.StoreUnreachable:
                    raise
                except (store_errors.StoreError, engine_errors.EngineError) as error:
                    found.counts.not_compared += 1
                    found.trouble.append(f"The PersistentVolumeClaims of the stage Backup could not be compared: {error}")
        await _with_volumes(saved.bucket, saved.parts, report)
        await saved.bucket.put_file(key, report)
    return found, key


@asynccontextmanager
async def _unpacked(saved: Saved, brought: Brought, folder: Path, discovered: discovery.Discovery) -> AsyncIterator[contexts.Context]:
    """The archive of a Backup, with what its Restore selects and changes."""
    folder.mkdir()
    files = layout.BackupFiles(brought.backup["metadata"]["name"])
    await saved.bucket.get_file(files.contents, folder / "contents.tar.gz")
    with archive.Reader(folder / "contents.tar.gz", folder) as reader, listing.Listing(folder / "fates.sqlite") as fates:
        log = results.RunLog(folder / "log.gz")
        try:
            yield contexts.build(
                saved.target,
                brought.restore,
                brought.backup,
                form=contexts.Context,
                reader=reader,
                discovered=discovered,
                log=log,
                fates=fates,
            )
        finally:
            log.close()


async def _with_volumes(bucket: store.Store, parts: Sequence[str], report: Path) -> None:
    """Adds what node agents reported: gzip files behind one another are one."""
    there: set[str] = set()
    for folder in {part.rpartition("/")[0] for part in parts}:
        there |= {key async for key in bucket.keys(f"{folder}/")}
    with report.open("ab") as whole:
        for part in (part for part in parts if part in there):
            whole.write(await bucket.get(part))


@dataclass
class _Work:
    context: contexts.Context
    lines: Any
    found: Findings
    around: rules.Surroundings = field(default_factory=rules.Surroundings)

    def __post_init__(self) -> None:
        self.expectations = expected.Expectations(self.context)

    async def claims(self) -> None:
        """Compares claims alone: all else that a stage Backup has serves to copy volumes, or comes with the initial one."""
        for group in run.selected(self.context):
            if group.group_resource == resources.PERSISTENT_VOLUME_CLAIMS.group_resource:
                await self._group(group)

    async def everything(self) -> None:
        """Compares all."""
        groups = run.selected(self.context)
        self.around = self._surroundings(groups)
        # Most of the time goes into waiting for the target; what is in memory is a page of each.
        await parallel.gather((self._group(group) for group in groups), at_once=_GROUPS_AT_ONCE)
        self.found.differences.sort(key=lambda item: (item.kind, item.namespace or "", item.name))
        for item in self.context.reader.items(_NAMESPACES, ""):
            if self.context.namespaces.matches(item.name) and self.context.types.matches(_NAMESPACES):
                await self._namespace(item)

    def _surroundings(self, groups: list[run.Group]) -> rules.Surroundings:
        def each(group_resource: str) -> list[Object]:
            places = [group for group in groups if group.group_resource == group_resource]
            reader = self.context.reader
            return [codec.loads(reader.body(item)) for group in places for item in reader.items(group_resource, group.namespace)]

        services = (item for item in each("services") if (item.get("spec") or {}).get("selector"))
        return rules.Surroundings(
            scaled=frozenset(rules.scaled_by(item) for item in each(_AUTOSCALERS)),
            selecting=frozenset((item["metadata"]["namespace"], item["metadata"]["name"]) for item in services),
        )

    async def _group(self, group: run.Group) -> None:
        context = self.context
        target = context.target_namespace(group.namespace) if group.namespace else ""
        first = next(context.reader.items(group.group_resource, group.namespace))
        sample = codec.loads(context.reader.body(first))
        kind = context.discovered.by_kind(sample["apiVersion"], sample["kind"])
        if kind is not None and "create" not in kind.verbs:
            self.found.counts.changed += group.count  # figures that an API server computes
            return
        if kind is None:
            await self._all_missing(group, f"cluster {context.cluster.name} does not serve {sample['apiVersion']} {sample['kind']}")
            return
        try:
            seen = await (self._listed(group, kind, target) if group.namespace else self._each(group, kind))
        except (errors.Forbidden, errors.NotFound, errors.BadRequest) as error:
            where = f" in namespace {target}" if target else ""
            self.found.counts.not_compared += group.count
            text = f"{group.count} {group.group_resource}{where} of cluster {context.cluster.name} could not be read: {error}"
            self.found.trouble.append(text)
            self._line({"result": "not compared", "kind": sample["kind"], "namespace": target, "why": str(error)})
            return
        for place in context.reader.items(group.group_resource, group.namespace):
            if place.name not in seen:
                await self._judge(place, None)

    async def _listed(self, group: run.Group, kind: ResourceType, target: str) -> set[str]:
        """Compares what a namespace of the target has; the names that were met."""
        seen: set[str] = set()
        async for live in self.context.cluster.iterate(kind, namespace=target):
            place = self.context.reader.find(group.group_resource, group.namespace, live["metadata"]["name"])
            if place is not None:
                seen.add(place.name)
                await self._judge(place, live)
        return seen

    async def _each(self, group: run.Group, kind: ResourceType) -> set[str]:
        """The same for objects of the whole cluster, of which only few are ours."""
        seen: set[str] = set()
        for place in self.context.reader.items(group.group_resource, ""):
            try:
                live = await self.context.cluster.get(kind, place.name)
            except errors.NotFound:
                continue
            seen.add(place.name)
            await self._judge(place, live)
        return seen

    async def _namespace(self, place: archive.Item) -> None:
        name = self.context.target_namespace(place.name)
        live = await self.context.cluster.find(resources.NAMESPACES, name)
        self.found.counts.compared += 1
        if live is not None and not live["metadata"].get("deletionTimestamp"):
            self.found.counts.equal += 1
            return
        self._differs("Namespace", "", name, ["is missing" if live is None else "is being deleted"])

    async def _all_missing(self, group: run.Group, why: str) -> None:
        for place in self.context.reader.items(group.group_resource, group.namespace):
            await self._judge(place, None, why=why)

    async def _judge(self, place: archive.Item, live: Object | None, *, why: str = "is missing") -> None:
        """Settles one object."""
        wanted = await self.expectations.of(place)
        kind, own = str(wanted.original.get("kind")), rules.target_makes_it(place.group_resource, wanted.original, self.around)
        target = self.context.target_namespace(place.namespace) if place.namespace else ""
        counts = self.found.counts
        counts.compared += 1
        if wanted.item is None or own:
            counts.changed += 1
            self._line({"result": "changed", "kind": kind, "namespace": target, "name": place.name, "why": own or wanted.why})
            return
        if live is None:
            what = [why]
        elif live["metadata"].get("deletionTimestamp"):
            what = ["is being deleted"]
        else:
            desired = rules.prepared(wanted.item, wanted.original, self.around)
            what = differ.differences(desired, rules.beside(live, desired))
        if what:
            self._differs(kind, target, place.name, what)
        else:
            counts.equal += 1

    def _differs(self, kind: str, namespace: str, name: str, what: list[str]) -> None:
        self.found.counts.different += 1
        if len(self.found.differences) < _KEPT:
            self.found.differences.append(ProofDifference(kind=kind, namespace=namespace or None, name=name, what=what))
        self._line({"result": "different", "kind": kind, "namespace": namespace, "name": name, "what": what})

    def _line(self, document: Object) -> None:
        cast("Any", self.lines).write(codec.dumps(document) + b"\n")
