"""What a step of a migration goes by: its plan, the other migrations of the plan, and the clusters, each read once a step."""

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from mtc.api import base, common
from mtc.api.conditions import Condition
from mtc.api.migration.migmigration import MigMigration
from mtc.api.migration.migplan import MigPlan
from mtc.api.settings.model import Settings
from mtc.kube import errors, resources
from mtc.kube.client import Client
from mtc.migration import alive, images, parallel, sides, status, validation
from mtc.migration.flags import NO_IMAGES, Images
from mtc.migration.named import Named
from mtc.migration.phase import Phase
from mtc.migration.scope import Scope
from mtc.telemetry import logs

#: A cluster that was there is taken to be there, and as it was described, for so long.
_SEEN_S = 2.0
#: Phases that follow each other faster share one look at the plan.
_PLAN_S = 0.5
#: Far more migrations than run at a time; what is forgotten is looked for again.
_REMEMBERED = 500
#: The step of the pipeline that has the plan looked at afresh.
_LOOKS_AT_PLAN = "Prepare"


class ClusterSource(Protocol):
    """Where clients of MigClusters come from."""

    @property
    def host(self) -> Client:
        """The cluster of the Mig* objects."""

    async def get(self, ref: base.Ref) -> Client:
        """A client for a MigCluster."""

    def is_current(self, ref: base.Ref, client: Client) -> bool:
        """Whether the client is still the one for the MigCluster, as far as this process knows."""


@dataclass
class Step:
    """What is read once in a step, however many phases run in it; a step ends as soon as a phase waits.

    Attributes:
        ref: the migration.
        plan, plan_read_s: of the migration, and when it was read (time.monotonic).
        siblings: the other migrations of the plan.
        one_cluster: whether source and target are one.
        images: what becomes of the source's ImageStreams, None before anybody has looked.
        clusters: clients of the clusters that were found to be there.
        told: conditions that were written and are to be told in Events.
    """

    ref: Named
    plan: MigPlan | None = None
    plan_read_s: float = 0.0
    siblings: list[MigMigration] | None = None
    one_cluster: bool | None = None
    images: Images | None = None
    clusters: dict[base.Ref, Client] = field(default_factory=dict)
    told: list[Condition] = field(default_factory=list)

    def forgets(self) -> None:
        """What was read was meant for another migration."""
        self.plan = self.siblings = None

    def ran(self, phase: Phase) -> None:
        """A phase has run."""
        if phase.step == _LOOKS_AT_PLAN:
            self.plan = None


class Reader:
    """Reads what a step goes by.

    Args:
        clusters: clients of the clusters.
        namespace: where the toolkit lives on every cluster.
        settings: those of the installation that hold now.
        clock: the time.
    """

    def __init__(self, clusters: ClusterSource, *, namespace: str, settings: Callable[[], Settings], clock: Callable[[], datetime]) -> None:
        self._clusters, self._namespace, self._settings, self._clock = clusters, namespace, settings, clock
        self._seen: dict[base.Ref, tuple[float, Client]] = {}
        self._known_images: dict[tuple[str, int], Images] = {}

    async def foresee(self, last: Scope, step: Step) -> None:
        """Reads what `validate` will ask of the host for a migration that was stepped before; trouble shows when it does ask."""
        reference = last.migration.spec.mig_plan_ref
        if reference is not None:
            with contextlib.suppress(errors.KubeError):
                await parallel.both(self._plan(reference.ref, step), self._siblings(last.migration, step))

    async def validate(self, migration: MigMigration, step: Step) -> tuple[MigPlan | None, list[Condition]]:
        """The plan, None where there is none, and the conditions that follow from it and from the other migrations."""
        problem = validation.plan_reference(migration)
        if problem or migration.spec.mig_plan_ref is None:
            return None, [problem] if problem else []
        ref = migration.spec.mig_plan_ref.ref
        plan, siblings = await parallel.both(self._plan(ref, step), self._siblings(migration, step))
        if plan is None:
            return None, [validation.plan_missing(migration, ref)]
        if step.one_cluster is None:
            step.one_cluster = await self._is_one_cluster(migration, plan)
        return plan, validation.check(migration, plan, siblings, one_cluster=step.one_cluster)

    async def _is_one_cluster(self, migration: MigMigration, plan: MigPlan) -> bool:
        """Whether source and target are one cluster; two descriptions of it matter before it begins, and where state may be migrated inside it."""
        source, target = _refs(plan)
        matters = migration.spec.migrate_state or migration.spec.rollback or migration.is_dry_run or not validation.has_begun(migration)
        if source == target or not matters:
            return source == target
        return await sides.described_as_one(self._clusters.host, source, target)

    async def _plan(self, ref: base.Ref, step: Step) -> MigPlan | None:
        """The plan, None where there is none; read again where much time has passed since the last look."""
        if step.plan is None or time.monotonic() - step.plan_read_s > _PLAN_S:
            step.plan_read_s = time.monotonic()
            found = await self._clusters.host.find(resources.MIG_PLANS, ref.name, namespace=ref.namespace)
            step.plan = MigPlan.from_dict(found) if found is not None else None
        return step.plan

    async def _siblings(self, migration: MigMigration, step: Step) -> list[MigMigration]:
        """The other migrations of the same plan."""
        if step.siblings is None:
            found = await self._clusters.host.list_all(resources.MIG_MIGRATIONS, namespace=migration.namespace)
            step.siblings = validation.siblings(migration, MigMigration.readable(found))
        return step.siblings

    async def scope(self, migration: MigMigration, plan: MigPlan, step: Step) -> Scope:
        """What the phases work with. Raises KubeError where a cluster does not answer."""
        source_ref, target_ref = _refs(plan)
        clusters = await self._reached({source_ref, target_ref}, step)
        if step.images is None:
            step.images = await self._images(migration, plan, step, clusters[source_ref])
        return self._scope(migration, plan, step, source=clusters[source_ref], target=clusters[target_ref])

    async def source_scope(self, migration: MigMigration, plan: MigPlan, step: Step) -> Scope:
        """The same for who looks at the source only, whose client takes the target's place. Raises KubeError where it does not answer."""
        source_ref, _ = _refs(plan)
        source = (await self._reached({source_ref}, step))[source_ref]
        return self._scope(migration, plan, step, source=source, target=source)

    def _scope(self, migration: MigMigration, plan: MigPlan, step: Step, *, source: Client, target: Client) -> Scope:
        now, (source_ref, target_ref) = self._clock(), _refs(plan)
        found, one_cluster = step.images or NO_IMAGES, bool(step.one_cluster)
        return Scope(
            migration=migration,
            plan=plan,
            flags=status.flags_of(migration, plan, status=migration.status, one_cluster=one_cluster, images=found),
            host=self._clusters.host,
            source=source,
            target=target,
            source_ref=source_ref,
            target_ref=target_ref,
            namespace=self._namespace,
            now=now.replace(microsecond=0),
            exactly=now,
            one_cluster=one_cluster,
            images=found,
            settings=self._settings(),
            log=logs.get(migration=migration.name, plan=plan.name, phase=migration.status.phase or ""),
        )

    async def _images(self, migration: MigMigration, plan: MigPlan, step: Step, source: Client) -> Images:
        """What becomes of the ImageStreams; looked for once in a try, because it is asked with every phase."""
        key = (migration.uid, migration.attempt)
        if key not in self._known_images:
            if len(self._known_images) >= _REMEMBERED:
                self._known_images.clear()

            async def in_place() -> bool:
                return bool(step.one_cluster) or await sides.described_as_one(self._clusters.host, *_refs(plan))

            self._known_images[key] = await images.look(migration, plan, source, self._settings(), in_place=in_place)
        return self._known_images[key]

    async def _reached(self, refs: set[base.Ref], step: Step) -> dict[base.Ref, Client]:
        """The clients; each cluster is asked in a step whether it is there, because a phase might hang for a minute.

        Steps follow each other within a tenth of a second while much happens: what one has found serves those of the next moment.
        """
        await parallel.gather(self._reach(ref, step) for ref in refs - step.clusters.keys())
        return step.clusters

    async def _reach(self, ref: base.Ref, step: Step) -> None:
        since, client = self._seen.pop(ref, (0.0, None))
        if client is None or time.monotonic() - since > _SEEN_S or not self._clusters.is_current(ref, client):
            since, client = time.monotonic(), await self._clusters.get(ref)
            await client.version(deadline_s=alive.PROBE_S)
        self._seen[ref] = since, client
        step.clusters[ref] = client


def _refs(plan: MigPlan) -> tuple[base.Ref, base.Ref]:
    """Source and target."""
    return _ref(plan.spec.src_mig_cluster_ref), _ref(plan.spec.dest_mig_cluster_ref)


def _ref(reference: common.ObjectReference | None) -> base.Ref:
    return reference.ref if reference else base.Ref("", "")
