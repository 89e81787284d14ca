"""What a running restore and its actions share."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, TypeVar

from mtc.api import names
from mtc.engine import archive, listing, results, selection
from mtc.engine.image_streams import OwnRegistry
from mtc.engine.restore.sizes import Sizes
from mtc.kube import codec, discovery
from mtc.kube.client import Client, Object

Fate = Literal["created", "updated", "skipped", "failed"]


@dataclass
class Context:
    """The state of one run.

    Attributes:
        cluster: where objects are restored to.
        restore, backup: the CRs.
        reader: the archive.
        discovered: the types that the cluster serves; read again after definitions were restored.
        namespaces, types: what is selected, in the backup's names.
        mapping: source namespace to target namespace.
        volume_info: by PersistentVolume name, what the backup did with it.
        copies: PodVolumeBackups with data, by (source namespace, pod name).
        others: those without data, whatever the reason, in the same way.
        helper_image: image of the init container that holds pods back.
        sizes: what that container asks for.
        fates: what became of each object.
    """

    cluster: Client
    restore: Object
    backup: Object
    reader: archive.Reader
    discovered: discovery.Discovery
    namespaces: selection.Patterns
    types: selection.Patterns
    mapping: Mapping[str, str]
    volume_info: Mapping[str, Mapping[str, Any]]
    copies: Mapping[tuple[str, str], list[Object]]
    others: Mapping[tuple[str, str], list[Object]]
    helper_image: str
    sizes: Sizes
    log: results.RunLog
    results: results.Results
    fates: listing.Listing
    done: int = 0
    total: int = 0

    @cached_property
    def image_registry(self) -> OwnRegistry:
        """The registry of the cluster."""
        return OwnRegistry(self.cluster)

    @property
    def spec(self) -> Mapping[str, Any]:
        """The Restore's spec."""
        return self.restore.get("spec") or {}

    @property
    def labels(self) -> dict[str, str]:
        """The two labels that every restored object gets."""
        return {
            names.BACKUP_NAME: names.label_value(self.backup["metadata"]["name"]),
            names.RESTORE_NAME: names.label_value(self.restore["metadata"]["name"]),
        }

    @property
    def migration_labels(self) -> dict[str, str]:
        """The labels that tie restored objects to a migration; {} when the Restore is not part of one."""
        own = self.restore["metadata"].get("labels") or {}
        found = {key: own[key] for key in (names.MIGRATED_BY_MIGMIGRATION, names.MIGRATED_BY_MIGPLAN) if own.get(key)}
        return found | {names.MIGRATED_BY_BACKUP: names.label_value(self.backup["metadata"]["name"])} if found else {}

    @cached_property
    def claim_names(self) -> Mapping[str, str] | None:
        """New names of claims, by `<namespace>/<name>` in the backup; None when the Restore is not part of a migration of state."""
        found = (self.restore["metadata"].get("annotations") or {}).get(names.CLAIM_NAMES)
        return None if found is None else {str(key): str(value) for key, value in codec.loads(found).items()}

    @property
    def is_stage(self) -> bool:
        """Whether this is the restore of a migration that carries volume data only."""
        return names.STAGE_RESTORE in (self.restore["metadata"].get("labels") or {})

    @property
    def is_final(self) -> bool:
        """Whether this is the restore of a migration that carries the objects."""
        return names.FINAL_RESTORE in (self.restore["metadata"].get("labels") or {})

    def target_namespace(self, source: str) -> str:
        """Where objects of a namespace go."""
        return self.mapping.get(source, source)

    def warn(self, place: str, message: str) -> None:
        """Tells of something to look at."""
        self.log.write("warning", message)
        self.results.warn(place, message)

    def fail(self, place: str, message: str) -> None:
        """Tells of something that was not restored."""
        self.log.write("error", message)
        self.results.fail(place, message)

    def settle(self, item: Object, fate: Fate) -> None:
        """Records what became of an object."""
        meta = item["metadata"]
        where = f"{meta['namespace']}/{meta['name']}" if meta.get("namespace") else meta["name"]
        self.fates.note(f"{item['apiVersion']}/{item['kind']}", f"{where}({fate})")


_Form = TypeVar("_Form", bound=Context)


@dataclass(frozen=True)
class Subject:
    """What an action of a restore gets to see.

    Attributes:
        context: the run.
        original: the object as stored, with owner references and status.
        source_namespace, target_namespace: "" for objects of the cluster.
    """

    context: Context
    original: Object
    source_namespace: str
    target_namespace: str


def build(
    cluster: Client,
    restore: Object,
    backup: Object,
    *,
    form: type[_Form],
    reader: archive.Reader,
    discovered: discovery.Discovery,
    log: results.RunLog,
    fates: listing.Listing,
    volume_info: Mapping[str, Mapping[str, Any]] | None = None,
    copies: Mapping[tuple[str, str], list[Object]] | None = None,
    others: Mapping[tuple[str, str], list[Object]] | None = None,
    helper_image: str = "",
) -> _Form:
    """The context of a Restore, with the selection that its spec asks for; of the form that the run needs."""
    spec = restore["spec"]

    def resolve(name: str) -> str:
        kind = discovered.find(name)
        return kind.group_resource if kind else name

    return form(
        cluster=cluster,
        restore=restore,
        backup=backup,
        reader=reader,
        discovered=discovered,
        namespaces=selection.Patterns.of(spec.get("includedNamespaces"), spec.get("excludedNamespaces")),
        types=selection.Patterns.of(spec.get("includedResources"), spec.get("excludedResources")).resolved(resolve),
        mapping=spec.get("namespaceMapping") or {},
        volume_info=volume_info or {},
        copies=copies or {},
        others=others or {},
        helper_image=helper_image,
        sizes=Sizes(cluster),
        log=log,
        results=results.Results(),
        fates=fates,
    )
