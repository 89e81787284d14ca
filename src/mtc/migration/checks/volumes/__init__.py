"""Checks of the volumes of a MigPlan after discovery, and what they look at."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from mtc.api import base, names
from mtc.api.migration.migplan import Action, PlanPv
from mtc.migration.settings import Settings
from mtc.migration.volumes.capacity import Analysis
from mtc.migration.volumes.classes import StorageClass
from mtc.migration.volumes.nfs import Answers
from mtc.migration.volumes.quota import Shortage


@dataclass(frozen=True, kw_only=True)
class Scope:
    """What is known of the volumes.

    Attributes:
        ref: the plan.
        settings: of the controller.
        volumes: the entries of the plan after discovery.
        targets: storage classes of the target.
        sources: storage classes of the source.
        target_name: the target cluster, for messages.
        is_conversion: whether the plan converts storage.
        without_ceph: volumes for which Ceph would have been chosen if the target had it.
        nfs: what is known of NFS servers, as seen from the target.
        shortages: quotas and limits of the target that are in the way.
        analysis: of how full the volumes are, None where there is none.
        adjusted_before: whether the plan says that volumes need another capacity, or once needed it.
    """

    ref: base.Ref
    settings: Settings
    volumes: tuple[PlanPv, ...]
    targets: tuple[StorageClass, ...]
    sources: tuple[StorageClass, ...]
    target_name: str
    is_conversion: bool = False
    without_ceph: frozenset[str] = frozenset()
    nfs: Answers = field(default_factory=Answers)
    shortages: tuple[Shortage, ...] = ()
    analysis: Analysis | None = None
    adjusted_before: bool = False

    def of_action(self, *actions: Action) -> list[PlanPv]:
        """The volumes for which one of these actions is chosen."""
        return [volume for volume in self.volumes if volume.selection.action in actions]

    def target_class(self, volume: PlanPv) -> StorageClass | None:
        """The chosen class of a volume, None where the target does not have it."""
        return next((item for item in self.targets if item.name == volume.selection.storage_class), None)


def pv_names(volumes: Iterable[PlanPv], wrong: Callable[[PlanPv], bool] = lambda _: True) -> list[str]:
    """Names of the volumes that something is wrong with."""
    return [volume.name for volume in volumes if wrong(volume)]


def claim(volume: PlanPv) -> str:
    """Namespace and name of a volume's claim in the source."""
    try:
        name = names.parse_pvc_mapping(volume.pvc.name).source
    except names.InvalidMapping:
        name = volume.pvc.name
    return f"{volume.pvc.namespace}/{name}"
