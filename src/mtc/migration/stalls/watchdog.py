"""Asks the causes what keeps a migration, and says it in a condition."""

import contextlib
import functools
import importlib
import pkgutil

from mtc.api import conditions
from mtc.api.conditions import Condition
from mtc.kube import errors
from mtc.migration import checks
from mtc.migration.outcome import Wait
from mtc.migration.phase import Phase
from mtc.migration.scope import Scope
from mtc.migration.stalls import causes
from mtc.migration.stalls.cause import Blocker, Cause
from mtc.migration.stalls.look import Look

CLUSTER_UNREACHABLE = "ClusterUnreachable"
#: More would not be read; a cause mostly concerns all objects of a kind.
_MOST_NAMED = 3


async def judge(scope: Scope, phase: Phase, outcome: Wait, *, stalled_s: float) -> list[Condition]:
    """The condition that names what keeps a phase; nothing when no cause fits.

    Args:
        scope: the pass.
        phase: what waits.
        outcome: what it waits for.
        stalled_s: for how long at least nothing has moved.
    """
    quiet = f"{stalled_s:g} s"
    look = Look(scope, outcome.objects, quiet=quiet)
    found: list[tuple[str, Blocker]] = []
    for cause in load():
        # A cluster that does not answer is told by the next pass; what others have found stays useful.
        with contextlib.suppress(errors.KubeError):
            found += [(cause.reason, blocker) for blocker in await cause.find(look)]
    if not found:
        return []
    shown = [str(blocker) for _, blocker in found[:_MOST_NAMED]]
    more = [f"{len(found) - _MOST_NAMED} more objects are held up."] if len(found) > _MOST_NAMED else []
    text = f"{phase.name} waits, and nothing has moved for {quiet}. {' '.join([*shown, *more])}"
    return [checks.warn(conditions.STALLED, found[0][0], text)]


@functools.cache
def load() -> tuple[Cause, ...]:
    """All causes, in their order."""
    modules = [importlib.import_module(found.name) for found in pkgutil.iter_modules(causes.__path__, f"{causes.__name__}.")]
    return tuple(sorted((module.CAUSE for module in modules), key=lambda cause: cause.order))


def unreachable(error: Exception, *, namespace: str, stalled_s: float) -> Condition:
    """The condition about a cluster that has not answered for so long.

    Args:
        error: how it did not answer; it names the cluster.
        namespace: of the toolkit.
        stalled_s: for how long at least.
    """
    text = (
        f"A cluster has not answered for {stalled_s:g} s: {error} Look whether its API server runs and whether the host cluster reaches it. "
        f"Next, on the host: `kubectl -n {namespace} get migclusters`"
    )
    return checks.warn(conditions.STALLED, CLUSTER_UNREACHABLE, text)
