"""Started: what is asked for is possible, as far as only the clusters can tell."""

from mtc.migration import hook_accounts, source_namespaces
from mtc.migration.outcome import Done, Outcome, fail
from mtc.migration.phase import Phase, always
from mtc.migration.scope import Scope


async def run(scope: Scope) -> Outcome:
    """Nothing is touched before it is known that there is something to migrate."""
    if gone := await source_namespaces.missing(scope):
        return fail("NamespaceNotFound", gone)
    if scope.flags.runs_hooks and (absent := await hook_accounts.missing(scope)):
        return fail("HookAccountNotFound", absent)
    return Done()


PHASE = Phase(name="Started", step="Prepare", description="The migration has started.", applies=always, run=run)
