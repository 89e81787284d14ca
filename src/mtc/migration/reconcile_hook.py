"""One pass over a MigHook: could a Job be made of it? Nothing but the MigHook is looked at, so only its own change repeats it."""

from collections.abc import Callable
from datetime import datetime

from mtc.api import base, conditions
from mtc.api.migration.mighook import MigHook
from mtc.kube import resources
from mtc.kube.client import Client, Object
from mtc.migration import checks, passes, record
from mtc.migration.checks import hook as package
from mtc.migration.reconcile_cluster import utc_now
from mtc.migration.topics import Result

CHECKS: tuple[checks.Check[MigHook], ...] = checks.load(package)


async def step(ref: base.Ref, *, host: Client, clock: Callable[[], datetime] = utc_now) -> Result:
    """One pass over a MigHook.

    Args:
        ref: which one; it may be gone.
        host: the cluster where it lives.
        clock: the time.
    """
    done = await passes.over(resources.MIG_HOOKS, ref, host=host, look=_look, clock=clock)
    return Result(after_s=done.again_s(None if done.through else passes.RETRY_S)) if done else Result()


async def _look(read: Object) -> record.Findings:
    hook = MigHook.from_dict(read)
    staged = await checks.run(CHECKS, hook)
    if not conditions.has_blocker(staged):
        staged.append(conditions.ready(f"Hook {hook.name} can be used by plans."))
    return record.Findings(staged)
