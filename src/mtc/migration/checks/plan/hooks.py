"""InvalidHookRef, HookNotReady, HookPhaseUnknown, HookPhaseDuplicate, InvalidHookSAName, InvalidHookNSName."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from mtc.api import conditions
from mtc.api.conditions import Condition
from mtc.api.migration.migplan import HookPhase
from mtc.migration import checks
from mtc.migration.checks.plan import Scope

_UNSET = "(not set)"
_LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_NAMESPACE = re.compile(_LABEL)
_ACCOUNT = re.compile(rf"{_LABEL}(\.{_LABEL})*")
_PHASES = tuple(phase.value for phase in HookPhase)


async def _run(scope: Scope, _: Sequence[Condition]) -> list[Condition]:
    return [*_references(scope), *_names(scope), *_phases(scope)]


def _references(scope: Scope) -> Iterable[Condition]:
    missing = [f"{ref}" for ref, hook in scope.hooks.items() if hook is None]
    missing += [_UNSET for hook in scope.plan.spec.hooks if hook.reference is None or not hook.reference.is_set]
    if missing:
        message = f"MigHooks [] that spec.hooks of MigPlan {scope.ref} names do not exist. Create them, or correct the references."
        yield checks.critical(conditions.INVALID_HOOK_REF, conditions.NOT_FOUND, message, items=missing)
    waiting = [f"{ref}" for ref, hook in scope.hooks.items() if hook is not None and not conditions.is_ready(hook.status.conditions)]
    if waiting:
        message = f"MigHooks [] of MigPlan {scope.ref} are not Ready. Their conditions say why."
        yield checks.critical(conditions.HOOK_NOT_READY, "", message, items=waiting)


def _names(scope: Scope) -> Iterable[Condition]:
    accounts = [hook.service_account or _UNSET for hook in scope.plan.spec.hooks if not _ACCOUNT.fullmatch(hook.service_account)]
    if accounts:
        message = (
            f"Service accounts [] in spec.hooks of MigPlan {scope.ref} are no valid names. "
            "Set serviceAccount of each hook to an account in its executionNamespace."
        )
        yield checks.critical(conditions.INVALID_HOOK_SA_NAME, conditions.NOT_SET, message, items=accounts)
    spaces = [hook.execution_namespace or _UNSET for hook in scope.plan.spec.hooks if not _NAMESPACE.fullmatch(hook.execution_namespace)]
    if spaces:
        message = f"Namespaces [] in spec.hooks of MigPlan {scope.ref} are no valid names. Set executionNamespace of each hook."
        yield checks.critical(conditions.INVALID_HOOK_NS_NAME, conditions.NOT_SET, message, items=spaces)


def _phases(scope: Scope) -> Iterable[Condition]:
    given = [str(hook.phase) for hook in scope.plan.spec.hooks]
    if unknown := [phase for phase in given if phase not in _PHASES]:
        message = f"Phases [] in spec.hooks of MigPlan {scope.ref} are not known. Use {', '.join(_PHASES)}."
        yield checks.critical(conditions.HOOK_PHASE_UNKNOWN, "", message, items=unknown)
    if twice := [phase for phase, count in Counter(given).items() if count > 1]:
        message = f"Phases [] have more than one hook in spec.hooks of MigPlan {scope.ref}. Leave one hook for each phase."
        yield checks.critical(conditions.HOOK_PHASE_DUPLICATE, "", message, items=twice)


CHECK = checks.Check(
    order=100,
    types=(
        conditions.INVALID_HOOK_REF,
        conditions.HOOK_NOT_READY,
        conditions.INVALID_HOOK_SA_NAME,
        conditions.INVALID_HOOK_NS_NAME,
        conditions.HOOK_PHASE_UNKNOWN,
        conditions.HOOK_PHASE_DUPLICATE,
    ),
    run=_run,
)
