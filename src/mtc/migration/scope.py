"""Everything that one pass over a migration works with, read once at its beginning and frozen."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from mtc.api import base, conditions
from mtc.api.migration.migmigration import MigMigration
from mtc.api.migration.migplan import Action, MigPlan, PlanPv
from mtc.api.names import NamespaceMapping
from mtc.api.settings.model import Settings
from mtc.kube.client import Client
from mtc.migration.flags import NO_IMAGES, Flags, Images

#: The phase after which nothing more happens.
COMPLETED = "Completed"
#: The itinerary of a migration that somebody stopped.
CANCEL_ITINERARY = "Cancel"
#: The itinerary of a migration that has failed.
FAILED_ITINERARY = "Failed"


@dataclass(frozen=True, kw_only=True)
class Scope:
    """One pass.

    Attributes:
        migration: the migration as it was read.
        plan: its plan.
        flags: what kind of migration it is.
        host, source, target: the clusters.
        source_ref, target_ref: their MigClusters.
        namespace: where the toolkit lives on every cluster.
        now: the time of this pass, in whole seconds as conditions have it.
        exactly: the same as exactly as it is known.
        one_cluster: whether source and target are the same cluster.
        log: a logger that names the migration.
        settings: of the installation, as they were when the pass began.
        images: what of the source's ImageStreams goes through the repository.
    """

    migration: MigMigration
    plan: MigPlan
    flags: Flags
    host: Client
    source: Client
    target: Client
    source_ref: base.Ref
    target_ref: base.Ref
    namespace: str
    now: datetime
    log: Any = field(repr=False)
    one_cluster: bool = False
    settings: Settings = field(default_factory=Settings, repr=False)
    exactly: datetime | None = None
    images: Images = NO_IMAGES

    @property
    def uid(self) -> str:
        """UID of the migration, by which everything that it makes is found again."""
        return self.migration.uid

    @property
    def namespaces(self) -> list[NamespaceMapping]:
        """The namespaces of the plan, with their names in source and target."""
        return self.plan.namespace_mappings

    @property
    def source_namespaces(self) -> list[str]:
        """Names in the source cluster."""
        return [entry.source for entry in self.namespaces]

    @property
    def target_namespaces(self) -> list[str]:
        """Names in the target cluster."""
        return [entry.target for entry in self.namespaces]

    @property
    def volumes(self) -> list[PlanPv]:
        """The volumes of the plan that are not skipped."""
        return [pv for pv in self.plan.spec.persistent_volumes if pv.selection.action != Action.SKIP]

    @property
    def copied(self) -> list[PlanPv]:
        """The volumes whose files are copied."""
        return [pv for pv in self.plan.spec.persistent_volumes if pv.is_by_files]

    @property
    def copied_claims(self) -> frozenset[tuple[str, str]]:
        """Namespace and name, in the source, of the claims whose files are copied."""
        return frozenset((pv.pvc.namespace, pv.pvc.mapping.source) for pv in self.copied)

    @property
    def sent(self) -> list[PlanPv]:
        """Those of them that are copied straight from cluster to cluster."""
        return [] if self.flags.indirect_volume else self.copied

    @property
    def stored(self) -> list[PlanPv]:
        """Those of them that travel through the repository."""
        return self.copied if self.flags.indirect_volume else []

    @property
    def stored_claims(self) -> frozenset[tuple[str, str]]:
        """Namespace and name, in the source, of the claims of these."""
        return frozenset((pv.pvc.namespace, pv.pvc.mapping.source) for pv in self.stored)

    @property
    def in_stage_backup(self) -> list[PlanPv]:
        """The volumes, and claims, that the stage Backup takes."""
        return [pv for pv in self.volumes if self.flags.indirect_volume or not pv.is_by_files]

    def target_namespace(self, source: str) -> str:
        """The name that a source namespace gets in the target."""
        return next((entry.target for entry in self.namespaces if entry.source == source), source)

    @property
    def instant(self) -> datetime:
        """The time of this pass as exactly as it is known, for what is measured."""
        return self.exactly or self.now

    @property
    def in_phase_s(self) -> float:
        """For how many seconds the migration has been in its phase, by our own clock."""
        running = conditions.find(self.migration.status.conditions, conditions.RUNNING)
        since = running.last_transition_time if running and running.reason == (self.migration.status.phase or "") else None
        return (self.now - since).total_seconds() if since else 0.0
