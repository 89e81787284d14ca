"""VolumesProved: has the files of the copied volumes compared with what was copied, before anything writes to them."""

from mtc.api import names
from mtc.kube import resources
from mtc.migration.flags import Flags
from mtc.migration.outcome import Awaited, Done, Outcome, Subject, Wait
from mtc.migration.phase import Phase
from mtc.migration.phases import annotate_resources
from mtc.migration.proof import verdict, volumes
from mtc.migration.scope import Scope


def applies(flags: Flags) -> bool:
    """Where volumes travel through the repository, and the application is to run on the target."""
    return annotate_resources.applies(flags) and not flags.is_stage


async def run(scope: Scope) -> Outcome:
    """Until each node agent has answered; a difference does not stop the migration."""
    if why := verdict.skipped_because(scope):
        return Done(proof=verdict.skipped(why, now=scope.now))
    asked = await volumes.ask(scope)
    if asked.waiting:
        done, total = len(asked.asked) - len(asked.waiting), len(asked.asked)
        text = f"Node agents of cluster {scope.target.name} have compared {done} of {total} volumes with what was copied."
        message = (
            f"{text} Whether they run is told by DaemonSet node-agent; annotation {names.SKIP_PROOF}=true of the migration goes on without."
        )
        kind = resources.POD_VOLUME_RESTORES
        return Wait(
            for_=(Awaited(scope.target, kind, scope.namespace),),
            reason="Comparing",
            message=message,
            # Reading all files takes as long as it takes; node agents that are not there are named by the watchdog.
            patience_s=None,
            objects=tuple(Subject(scope.target, item) for item in asked.waiting),
        )
    found = volumes.findings(scope, asked)
    result = verdict.joined(scope.migration.status.proof, "volumes", found, report=None, now=scope.now)
    return Done(conditions=verdict.told(scope, result, found), proof=result)


PHASE = Phase(
    name="VolumesProved",
    step="StageRestore",
    description="Comparing the files of the volumes with what was copied.",
    applies=applies,
    run=run,
)
