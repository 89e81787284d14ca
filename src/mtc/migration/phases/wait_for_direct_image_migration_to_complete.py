"""WaitForDirectImageMigrationToComplete: goes on when all images have been copied, or could not be.

Images that do not arrive are no reason to give up an application whose data and objects do: they can be pushed by hand.
"""

from mtc.api import conditions
from mtc.migration import checks
from mtc.migration.direct.images import of_migration
from mtc.migration.outcome import PATIENCE_S, Awaited, Done, Outcome, Subject, Wait, fail
from mtc.migration.phase import Phase
from mtc.migration.scope import Scope


async def run(scope: Scope) -> Outcome:
    """Until it is over."""
    item = await of_migration.find(scope)
    if item is None:
        text = (
            f"The DirectImageMigration of MigMigration {scope.migration.ref} does not exist: somebody has deleted it, so nobody knows which "
            "images have been copied. Start another migration."
        )
        return fail("DirectImageMigrationNotFound", text)
    where, lines = f"{item['metadata']['namespace']}/{item['metadata']['name']}", of_migration.progress(item)
    if not of_migration.is_over(item):
        obstacle = of_migration.obstacle(item)
        return Wait(
            for_=(Awaited(scope.host, of_migration.KIND, scope.migration.namespace, of_migration.selector(scope)),),
            reason="CopyingImages",
            message=f"DirectImageMigration {where} has not ended. {obstacle}".strip(),
            progress=(*lines, *([obstacle] if obstacle else [])),
            # Large images take as long as they take.
            patience_s=PATIENCE_S if obstacle else None,
            objects=(Subject(scope.host, item),),
        )
    if not (item.get("status") or {}).get("errors"):
        return Done(progress=lines)
    text = (
        f"DirectImageMigration {where} has failed for some images; its status.errors says which and why. Push these images by hand, or remove "
        "the cause and start another migration."
    )
    failed = checks.warn(conditions.DIRECT_IMAGE_MIGRATION_FAILED, "", text).model_copy(update={"durable": True})
    return Done(conditions=(failed,), progress=lines)


PHASE = Phase(
    name="WaitForDirectImageMigrationToComplete",
    step="DirectImage",
    description="Waiting for the direct migration of images.",
    applies=lambda flags: flags.copies_images_directly,
    run=run,
    light=True,
)
