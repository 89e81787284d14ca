"""What a person means by a name in a snapshot, and what belongs to that: plan, migration, clusters, namespaces, Backups, volumes."""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from mtc.api import conditions, names
from mtc.diagnose.snapshot import Object, Snapshot
from mtc.kube import resources
from mtc.look import errors, kinds


class Placed(NamedTuple):
    """An object and where it is."""

    cluster: str
    item: Object

    @property
    def kind(self) -> str:
        """Its kind."""
        return str(self.item.get("kind") or "")

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.item["metadata"]["name"])

    @property
    def namespace(self) -> str:
        """Its namespace, "" where it has none."""
        return str(self.item["metadata"].get("namespace") or "")

    @property
    def status(self) -> Object:
        """Its status, {} where it has none."""
        return self.item.get("status") or {}

    @property
    def phase(self) -> str:
        """Its phase, "" where it has none."""
        return str(self.status.get("phase") or "")

    @property
    def ref(self) -> str:
        """As messages name it: kind and namespace/name."""
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"


@dataclass(frozen=True)
class Case:
    """What rules look at.

    Attributes:
        snapshot: everything that is known.
        subject: what the person asked about.
        plan, migration: that it belongs to; of a plan, its latest migration.
        source, target: names of the clusters; "" where there is no plan that says so.
        namespaces: of the application, by cluster.
        backups, restores: made for it, oldest first.
        volumes: their PodVolumeBackups and PodVolumeRestores.
        memo: what was found out once for all rules.
    """

    snapshot: Snapshot
    subject: Placed
    plan: Placed | None = None
    migration: Placed | None = None
    source: str = ""
    target: str = ""
    namespaces: Mapping[str, frozenset[str]] = field(default_factory=dict)
    backups: tuple[Placed, ...] = ()
    restores: tuple[Placed, ...] = ()
    volumes: tuple[Placed, ...] = ()
    memo: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def clusters(self) -> tuple[str, ...]:
        """The clusters that it touches: source before target, or where the subject is."""
        return tuple(dict.fromkeys(name for name in (self.source, self.target) if name)) or (self.subject.cluster,)

    @property
    def name(self) -> str:
        """What `mtc` is given to get at it: the plan, or what the person asked about where there is none."""
        return (self.plan or self.subject).name

    @property
    def is_closed(self) -> bool:
        """Whether its plan was closed: that one is not opened again, and starts no migration."""
        if self.plan is None:
            return False
        known = conditions.readable(self.plan.status)
        return bool((self.plan.item.get("spec") or {}).get("closed")) or conditions.has(known, conditions.CLOSED)

    def applications(self, kind: str) -> Iterator[Placed]:
        """Objects of a kind in the application's namespaces of its clusters."""
        for cluster in self.clusters:
            for namespace in sorted(self.namespaces.get(cluster, ())):
                for item in self.snapshot.all(cluster, kind, namespace=namespace):
                    yield Placed(cluster, item)

    def toolkit(self, kind: str) -> Iterator[Placed]:
        """Objects of a kind in the toolkit's namespace of its clusters."""
        for cluster in self.clusters:
            for item in self.snapshot.all(cluster, kind, namespace=self.snapshot.namespace):
                yield Placed(cluster, item)


@dataclass(frozen=True)
class Involved:
    """What has to be read because of a subject.

    Attributes:
        namespaces: of the application and of the plan's hooks, by cluster.
        uids: of Backups and Restores.
    """

    namespaces: Mapping[str, frozenset[str]]
    uids: frozenset[str]


#: In this order a name is looked for.
_SUBJECTS = (
    resources.MIG_PLANS,
    resources.MIG_MIGRATIONS,
    resources.BACKUPS,
    resources.RESTORES,
    resources.MIG_CLUSTERS,
    resources.MIG_STORAGES,
    resources.MIG_HOOKS,
    resources.POD_VOLUME_BACKUPS,
    resources.POD_VOLUME_RESTORES,
    resources.BACKUP_STORAGE_LOCATIONS,
)


def involved(snapshot: Snapshot, name: str) -> Involved:
    """What belongs to a name, as far as it can be told from the toolkit's own objects; nothing when there is nothing of that name."""
    try:
        found = cases(snapshot, name)
    except errors.LookError:
        return Involved({}, frozenset())
    namespaces: dict[str, frozenset[str]] = {}
    for case in found:
        for cluster, spaces in (*case.namespaces.items(), *_of_hooks(case)):
            namespaces[cluster] = namespaces.get(cluster, frozenset()) | spaces
    return Involved(namespaces, frozenset(item["metadata"]["uid"] for case in found for _, item in (*case.backups, *case.restores)))


def _of_hooks(case: Case) -> Iterator[tuple[str, frozenset[str]]]:
    """Namespaces in which the plan lets hooks run; they need not be the application's."""
    for hook in ((case.plan.item.get("spec") or {}).get("hooks") if case.plan else None) or ():
        if space := str(hook.get("executionNamespace") or ""):
            yield from ((cluster, frozenset({space})) for cluster in case.clusters)


def cases(snapshot: Snapshot, name: str) -> list[Case]:
    """What a name means: one case; without a name, one for each plan.

    Args:
        snapshot: in which to look.
        name: `NAME`, or `KIND/NAME` where several kinds have it; "" for all plans.

    Raises:
        errors.NothingFound: there is nothing of that name; the message has the nearest one.
        errors.UnknownKind: the word before the slash is no kind.
    """
    if not name:
        return [of(snapshot, Placed(snapshot.host, item)) for item in snapshot.all(snapshot.host, "MigPlan")]
    word, _, rest = name.rpartition("/")
    wanted = (kinds.parse(word).type,) if word else _SUBJECTS
    for kind in wanted:
        for cluster in snapshot.clusters:
            if (item := snapshot.find(cluster, kind.kind, rest, namespace=snapshot.namespace)) is not None:
                return [of(snapshot, Placed(cluster, item))]
    raise errors.NothingFound(_missing(snapshot, [kind.kind for kind in wanted], rest))


def _missing(snapshot: Snapshot, wanted: Sequence[str], name: str) -> str:
    known = {
        str(item["metadata"]["name"]): f"{kind} {item['metadata']['name']}"
        for kind in reversed(wanted)
        for cluster in snapshot.clusters
        for item in snapshot.all(cluster, kind, namespace=snapshot.namespace)
    }
    near = difflib.get_close_matches(name, known, n=1)
    hint = f" Did you mean {known[near[0]]}?" if near else ""
    what = wanted[0] if len(wanted) == 1 else "MigPlan, MigMigration, Backup, Restore or other object of the toolkit"
    where = f"namespace {snapshot.namespace} of {', '.join(snapshot.clusters)}"
    unread = [f"Cluster {cluster} could not be read: {why}" for cluster in snapshot.clusters if (why := snapshot.why_unread(cluster))]
    return " ".join([f"There is no {what} {name} in {where}.{hint} `mtc get` lists what there is.", *unread])


def of(snapshot: Snapshot, subject: Placed) -> Case:
    """The case of an object of the toolkit."""
    migration, plan = _run_of(snapshot, subject), None
    if subject.kind == "MigPlan":
        plan = subject
    elif migration is not None:
        name = str(((migration.item.get("spec") or {}).get("migPlanRef") or {}).get("name") or "")
        plan = _placed(snapshot.host, snapshot.find(snapshot.host, "MigPlan", name))
    source, target = (_reference(plan, key) for key in ("srcMigClusterRef", "destMigClusterRef"))
    backups, restores = _work(snapshot, subject, migration, source, target)
    volumes = _volumes(snapshot, subject, backups, restores)
    namespaces = _planned(plan, source, target) if plan else _touched(snapshot, backups, restores, volumes)
    return Case(snapshot, subject, plan, migration, source, target, namespaces, backups, restores, volumes)


def mappings(plan: Placed) -> Iterator[names.NamespaceMapping]:
    """The namespaces of a plan, on the source and on the target; entries that say nothing are passed."""
    for entry in (plan.item.get("spec") or {}).get("namespaces") or ():
        try:
            yield names.parse_namespace_mapping(str(entry))
        except names.InvalidMapping:
            continue


def location_of(snapshot: Snapshot, cluster: str, item: Object) -> Object | None:
    """The BackupStorageLocation of a Backup or Restore; None when it is not there."""
    return snapshot.find(cluster, "BackupStorageLocation", location_name(snapshot, cluster, item), namespace=snapshot.namespace)


def location_name(snapshot: Snapshot, cluster: str, item: Object) -> str:
    """The name of the BackupStorageLocation of a Backup or Restore, whether it is there or not."""
    spec = item.get("spec") or {}
    if item.get("kind") == "Restore":
        backup = snapshot.find(cluster, "Backup", str(spec.get("backupName") or ""))
        spec = (backup or {}).get("spec") or {}
    return str(spec.get("storageLocation") or "default")


def _placed(cluster: str, item: Object | None) -> Placed | None:
    return None if item is None else Placed(cluster, item)


def _reference(plan: Placed | None, key: str) -> str:
    return str((((plan.item.get("spec") or {}).get(key) if plan else None) or {}).get("name") or "")


def _run_of(snapshot: Snapshot, subject: Placed) -> Placed | None:
    """The migration that an object belongs to; of a plan, its latest."""
    if subject.kind == "MigMigration":
        return subject
    runs = sorted(snapshot.all(snapshot.host, "MigMigration"), key=_age)
    if subject.kind == "MigPlan":
        of_plan = [run for run in runs if ((run.get("spec") or {}).get("migPlanRef") or {}).get("name") == subject.name]
        return _placed(snapshot.host, of_plan[-1] if of_plan else None)
    work = _owner_work(snapshot, subject)
    uid = ((work or subject).item["metadata"].get("labels") or {}).get(names.MIGRATED_BY_MIGMIGRATION)
    return _placed(snapshot.host, next((run for run in runs if uid and run["metadata"]["uid"] == uid), None))


def _owner_work(snapshot: Snapshot, subject: Placed) -> Placed | None:
    """The Backup or Restore of a volume object."""
    labels = subject.item["metadata"].get("labels") or {}
    for kind, label in (("Backup", names.BACKUP_NAME), ("Restore", names.RESTORE_NAME)):
        if subject.kind == f"PodVolume{kind}" and label in labels:
            found = (item for item in snapshot.all(subject.cluster, kind) if names.label_value(item["metadata"]["name"]) == labels[label])
            return _placed(subject.cluster, next(found, None))
    return None


def _work(
    snapshot: Snapshot, subject: Placed, migration: Placed | None, source: str, target: str
) -> tuple[tuple[Placed, ...], tuple[Placed, ...]]:
    """The Backups and Restores that count."""
    alone = subject if subject.kind in {"Backup", "Restore"} else _owner_work(snapshot, subject)
    if alone is not None:
        if alone.kind == "Backup":
            at_source = _placed(source, snapshot.find(source, "Backup", alone.name)) if source else None
            return (at_source or alone,), ()
        return (), (alone,)
    if migration is None:
        return (), ()
    uid = migration.item["metadata"]["uid"]
    made = []
    for kind, cluster in (("Backup", source), ("Restore", target)):
        found = [item for item in snapshot.all(cluster, kind) if _labels(item).get(names.MIGRATED_BY_MIGMIGRATION) == uid]
        made.append(tuple(Placed(cluster, item) for item in sorted(found, key=_age)))
    return made[0], made[1]


def _volumes(snapshot: Snapshot, subject: Placed, backups: Sequence[Placed], restores: Sequence[Placed]) -> tuple[Placed, ...]:
    if subject.kind in {"PodVolumeBackup", "PodVolumeRestore"}:
        return (subject,)
    found = []
    for work, label in (*((work, names.BACKUP_NAME) for work in backups), *((work, names.RESTORE_NAME) for work in restores)):
        wanted = names.label_value(work.name)
        items = snapshot.all(work.cluster, f"PodVolume{work.kind}")
        found += [Placed(work.cluster, item) for item in sorted(items, key=_age) if _labels(item).get(label) == wanted]
    return tuple(found)


def _planned(plan: Placed, source: str, target: str) -> dict[str, frozenset[str]]:
    spaces: dict[str, set[str]] = {}
    for mapping in mappings(plan):
        spaces.setdefault(source, set()).add(mapping.source)
        spaces.setdefault(target, set()).add(mapping.target)
    return {cluster: frozenset(found) for cluster, found in spaces.items() if cluster}


def _touched(
    snapshot: Snapshot, backups: Sequence[Placed], restores: Sequence[Placed], volumes: Sequence[Placed]
) -> dict[str, frozenset[str]]:
    """Namespaces of Backups and Restores that no plan made: those that are named, and those of the volumes."""
    spaces: dict[str, set[str]] = {}
    for work in (*backups, *restores):
        spec = work.item.get("spec") or {}
        named = spec.get("includedNamespaces") or ()
        if work.kind == "Restore":
            backup = snapshot.find(work.cluster, "Backup", str(spec.get("backupName") or "")) or {}
            named = named or (backup.get("spec") or {}).get("includedNamespaces") or ()
            mapping = spec.get("namespaceMapping") or {}
            named = [mapping.get(name, name) for name in named]
        spaces.setdefault(work.cluster, set()).update(str(name) for name in named if "*" not in str(name))
    for volume in volumes:
        space = ((volume.item.get("spec") or {}).get("pod") or {}).get("namespace")
        spaces.setdefault(volume.cluster, set()).update({str(space)} if space else ())
    return {cluster: frozenset(found) for cluster, found in spaces.items() if found}


def _labels(item: Object) -> Object:
    return item["metadata"].get("labels") or {}


def _age(item: Object) -> tuple[str, str]:
    return str(item["metadata"].get("creationTimestamp") or ""), str(item["metadata"]["name"])
