"""WaitForRegistriesReady: waits until the registries through which images travel work."""

from mtc.api import conditions
from mtc.migration.migration_registry import health, work
from mtc.migration.outcome import Done, Fail, Outcome, Subject, Wait
from mtc.migration.phase import Phase
from mtc.migration.phases import create_registries
from mtc.migration.scope import Scope

#: Longer than pulling a small image takes.
_PATIENCE_S = 120.0


async def run(scope: Scope) -> Outcome:
    """On both clusters; an image that cannot be pulled ends the migration."""
    sick = await health.look(scope)
    if not sick:
        return Done(conditions=(health.healthy(scope),), removed=frozenset({conditions.REGISTRIES_UNHEALTHY}))
    failed = [entry for entry in sick if entry.has_failed]
    told = (health.unhealthy(failed),) if failed else ()
    if without := [entry for entry in sick if entry.has_no_image]:
        remedy = f"Have setting migration_registry_image_fqin name an image that cluster {without[0].cluster.name} can pull."
        return Fail("RegistryImageMissing", tuple(f"{entry.message} {remedy}" for entry in without), conditions=told)
    # Somebody may have deleted or changed a part meanwhile.
    await work.ensure(scope)
    return Wait(
        for_=health.awaited(scope),
        reason="RegistriesStarting",
        message=" ".join(entry.message for entry in sick),
        patience_s=_PATIENCE_S,
        conditions=told,
        objects=tuple(Subject(entry.cluster, entry.pod) for entry in sick if entry.pod is not None),
    )


PHASE = Phase(
    name="WaitForRegistriesReady",
    step="Prepare",
    description="Waiting until both migration registries are healthy.",
    applies=create_registries.applies,
    run=run,
)
