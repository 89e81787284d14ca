"""What kind of migration it is: the facts that decide which phases are needed. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from mtc.api import conditions
from mtc.api.conditions import Condition
from mtc.api.migration.migmigration import MigMigrationSpec
from mtc.api.migration.migplan import Action, CopyMethod, MigPlan, PlanPv


@dataclass(frozen=True, kw_only=True)
class Images:
    """What becomes of the ImageStreams in the source.

    Attributes:
        streams: they themselves travel with the stage Backup.
        copied: their images as well, through migration registries.
        direct: their images are copied from registry to registry, and they come into being with them.
    """

    streams: bool = False
    copied: bool = False
    direct: bool = False


#: There are no ImageStreams, or they are left out.
NO_IMAGES = Images()


@dataclass(frozen=True, kw_only=True)
class Flags:
    """What decides whether a phase applies.

    Attributes:
        is_stage: only data are copied.
        migrates_state: only claims and their data arrive, under the names that the plan gives them.
        converts: the claims take the place of those there were, in the same namespaces of one cluster.
        is_rollback: what the plan migrated is deleted, and the source started again.
        is_canceled: what the migration began is cleared away.
        quiesce: the application in the source is stopped.
        keep_annotations: marks on objects stay.
        has_verify: the application in the target is watched at the end.
        has_pvs: some volume of the plan is not skipped.
        indirect_volume: volumes travel through the replication repository.
        direct_volume: the files of some volumes are copied straight from cluster to cluster.
        has_stage_pods: pods have been made, or labelled, to hold volumes for the backup.
        has_stage_backup: there is something to put into a stage Backup.
        has_swapped: this run, or an earlier try of it, has begun to give workloads other claims.
        copies_images: images travel through migration registries.
        may_have_registries: there may be such registries.
        keeps_copies: what was made holds the last copies of data, so a cancel does not delete it.
        hooks: the points at which the plan has hooks.
        copies_images_directly: images are copied from registry to registry.
        may_have_direct_copies: there may be such copies.
    """

    is_stage: bool
    migrates_state: bool
    converts: bool
    is_rollback: bool
    is_canceled: bool
    quiesce: bool
    keep_annotations: bool
    has_verify: bool
    has_pvs: bool
    indirect_volume: bool
    direct_volume: bool
    has_stage_pods: bool
    has_stage_backup: bool
    has_swapped: bool = False
    copies_images: bool = False
    may_have_registries: bool = False
    keeps_copies: bool = False
    hooks: frozenset[str] = frozenset()
    copies_images_directly: bool = False
    may_have_direct_copies: bool = False

    @property
    def undoes(self) -> bool:
        """Whether what was made is taken back: in a rollback, and in a canceled migration; a canceled rollback stops where it is."""
        return self.is_rollback != self.is_canceled

    @property
    def gives_back(self) -> bool:
        """Whether copies are deleted and the source is started: without its volumes it would begin with empty ones."""
        return self.undoes and not self.keeps_copies

    @property
    def swaps(self) -> bool:
        """Whether workloads get other claims: after a conversion with the application stopped, and when one is taken back."""
        forward = self.converts and self.quiesce and self.migrates_state and not self.is_canceled
        return self.takes_back_claims or forward

    @property
    def takes_back_claims(self) -> bool:
        """Whether workloads get the claims back that they had before a conversion.

        A run that is canceled takes back its own: what an earlier one has converted is what the application works with.
        """
        return self.converts and self.undoes and (self.is_rollback or self.has_swapped)

    @property
    def runs_hooks(self) -> bool:
        """Whether there are hooks that have their turn: only cut-overs run any."""
        return bool(self.hooks) and not self.is_stage and not self.is_rollback

    @property
    def copies_indirectly(self) -> bool:
        """Whether there are volumes, and they travel through the replication repository."""
        return self.has_pvs and self.indirect_volume

    @property
    def copies_volumes(self) -> bool:
        """Whether any volume is brought, whichever way."""
        return self.has_stage_backup or self.direct_volume

    @property
    def needs_repository(self) -> bool:
        """Whether a Backup of any kind will be made."""
        return self.has_stage_backup or not self.is_stage


def of(
    *,
    spec: MigMigrationSpec,
    plan: MigPlan,
    found: Sequence[Condition],
    one_cluster: bool = False,
    has_swapped: bool = False,
    images: Images = NO_IMAGES,
) -> Flags:
    """The flags of a migration.

    Args:
        spec: what was asked for.
        plan: its plan.
        found: the conditions of the migration.
        one_cluster: whether source and target are the same cluster.
        has_swapped: whether workloads may have other claims by this run.
        images: what becomes of the ImageStreams in the source.
    """
    moving = [pv for pv in plan.spec.persistent_volumes if pv.selection.action != Action.SKIP]
    # State travels through the repository whatever the plan says; see docs/decisions/0021.
    indirect = plan.spec.indirect_volume_migration or spec.migrate_state
    return Flags(
        is_stage=spec.stage or spec.migrate_state,
        migrates_state=spec.migrate_state,
        converts=one_cluster and (spec.migrate_state or spec.rollback) and not any(entry.is_mapped for entry in plan.namespace_mappings),
        is_rollback=spec.rollback,
        is_canceled=spec.canceled or conditions.has_any(found, conditions.CANCELING, conditions.CANCELED),
        quiesce=spec.quiesce_pods,
        keep_annotations=spec.keep_annotations,
        has_verify=spec.verify,
        has_pvs=bool(moving),
        indirect_volume=indirect,
        direct_volume=not indirect and any(pv.is_by_files for pv in moving),
        has_stage_pods=conditions.has(found, conditions.STAGE_PODS_CREATED),
        has_stage_backup=images.streams or (bool(moving) and indirect) or any(_always_through_backup(pv) for pv in moving),
        has_swapped=has_swapped,
        copies_images=images.copied,
        may_have_registries=plan.spec.indirect_image_migration
        or conditions.has_any(found, conditions.REGISTRIES_HEALTHY, conditions.REGISTRIES_UNHEALTHY),
        keeps_copies=conditions.has(found, conditions.LAST_COPIES_KEPT),
        hooks=frozenset(hook.phase for hook in plan.spec.hooks),
        copies_images_directly=images.direct,
        may_have_direct_copies=not plan.spec.indirect_image_migration,
    )


def _always_through_backup(pv: PlanPv) -> bool:
    selection = pv.selection
    return selection.action == Action.MOVE or (selection.action == Action.COPY and selection.copy_method == CopyMethod.SNAPSHOT)
