"""Puts the parts of a dry run together."""

import dataclasses

from mtc.api.dry_run import DryRunReport, Estimate, PlannedPhase
from mtc.api.migration.migmigration import MigMigration
from mtc.api.migration.migplan import Action
from mtc.engine.rehearsal import run
from mtc.kube import resources
from mtc.migration import errors, flags, validation
from mtc.migration.dry_run import conflicts, estimate, objects, report, volumes
from mtc.migration.scope import Scope


async def look(scope: Scope) -> DryRunReport:
    """The result, as it stands in the status; the full list of objects is in the ConfigMap that it names. Raises KubeError."""
    everyone = list(MigMigration.readable(await scope.host.list_all(resources.MIG_MIGRATIONS, namespace=scope.migration.namespace)))
    siblings = validation.siblings(scope.migration, everyone)
    rehearsed, blocked = await _rehearsed(scope)
    copies = await scope.source.list_all(resources.POD_VOLUME_BACKUPS, namespace=scope.namespace)
    planned = [] if scope.flags.is_rollback else await volumes.look(scope, copies)
    total = sum(entry.size_bytes for entry in planned if entry.action == Action.COPY)
    found = DryRunReport(
        phases=phases(scope.flags),
        objects=objects.counts(rehearsed.objects),
        notable=objects.notable(rehearsed.objects),
        volumes=planned,
        total_bytes=total,
        missing_rights=conflicts.missing_rights(scope, rehearsed),
        conflicts=[*await conflicts.look(scope, siblings), *blocked],
        warnings=[] if blocked else await conflicts.warnings(scope, rehearsed.objects),
        remarks=list(dict.fromkeys(rehearsed.remarks)),
    )
    if not scope.flags.is_rollback:
        found.estimate = await _estimate(scope, siblings, total, rehearsed.collected, objects.created(rehearsed.objects))
    summary = found.model_dump(mode="json", exclude_none=True)
    listed = [objects.planned(entry) for entry in rehearsed.objects]
    found.report = await report.write(scope, {key: value for key, value in summary.items() if key != "notable"}, listed)
    return found


async def _rehearsed(scope: Scope) -> tuple[run.Rehearsed, list[str]]:
    """What would become of the objects; or nothing, and why that cannot be found out before the plan is corrected."""
    try:
        return await (objects.of_rollback(scope) if scope.flags.is_rollback else objects.of_migration(scope)), []
    except errors.ClusterUnusable:
        raise  # that passes
    except errors.MigrationError as error:
        return run.Rehearsed((), 0, (), ()), [f"What would become of the objects is not known. {error}"]


def phases(of: flags.Flags) -> list[PlannedPhase]:
    """The phases that would run, in order. Pure."""
    from mtc.migration import itineraries  # the itinerary of dry runs has the phase that asks

    itinerary = itineraries.ROLLBACK if of.is_rollback else itineraries.STAGE if of.is_stage else itineraries.FINAL
    # Pods that hold volumes are made on the way, and phases that follow apply then.
    then = dataclasses.replace(of, has_stage_pods=of.copies_indirectly)
    return [
        PlannedPhase(name=phase.name, step=phase.step, description=phase.description)
        for phase in itinerary.phases
        if phase.name and phase.applies(then)
    ]


async def _estimate(scope: Scope, siblings: list[MigMigration], total: int, collected: int, created: int) -> Estimate:
    space = scope.namespace
    saved = await scope.source.list_all(resources.POD_VOLUME_BACKUPS, namespace=space)
    brought = await scope.target.list_all(resources.POD_VOLUME_RESTORES, namespace=space)
    stored = await scope.source.list_all(resources.BACKUPS, namespace=space, label_selector="migration-initial-backup")
    restored = await scope.target.list_all(resources.RESTORES, namespace=space, label_selector="migration-final-restore")
    return estimate.estimate(
        estimate.Amounts(
            volume_bytes=total,
            objects=collected,
            created=created,
            stops=scope.flags.quiesce,
            saved=estimate.of_volumes(saved),
            brought=estimate.of_volumes(brought),
            stored=estimate.of_objects(stored, "itemsBackedUp"),
            restored=estimate.of_objects(restored, "itemsRestored"),
            fixed_s=estimate.fixed_of(siblings),
        )
    )
