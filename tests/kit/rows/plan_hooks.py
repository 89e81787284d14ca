"""What can be wrong with the hooks of a MigPlan."""

from typing import Any

from kit.rows import Act, Case, Row, hook
from kit.rows.plan import plan, row
from mtc.api import conditions
from mtc.kube import resources


def hooks(*changes: dict[str, Any]) -> Act:
    """The hooks of the plan: the one of the row, each with some fields changed."""

    def entry(case: Case, change: dict[str, Any]) -> dict[str, Any]:
        usual = {"reference": case.ref(), "phase": "PreBackup", "executionNamespace": case.name, "serviceAccount": "default"}
        return usual | {key: case.ref(value) if key == "reference" else value for key, value in change.items()}

    return lambda case: case.spec(hooks=[entry(case, change) for change in changes])


async def with_hook(case: Case) -> None:
    """A plan with a hook that is Ready."""
    await case.make(resources.MIG_HOOKS, spec=hook.SPEC)
    await plan(case)
    await hooks({})(case)


def image(value: str) -> Act:
    """Another image of the hook."""
    return lambda case: case.patch(resources.MIG_HOOKS, {"spec": {"image": value}})


def hook_row(type_: str, reason: str = "", *, wrong: Act, cure: Act | None = None) -> Row:
    """A row of hooks; the usual cure is the usual hook."""
    return row(type_, reason, declare=with_hook, cause=wrong, cure=cure or hooks({}))


async def make_other_hook(case: Case) -> None:
    """The hook that was missing."""
    await case.make(resources.MIG_HOOKS, f"{case.name}-b", spec=hook.SPEC)


async def other_hook(case: Case) -> None:
    """A hook that does not exist."""
    await hooks({"reference": f"{case.name}-b"})(case)


ROWS = (
    hook_row(conditions.INVALID_HOOK_REF, conditions.NOT_FOUND, wrong=other_hook, cure=make_other_hook),
    hook_row(conditions.HOOK_NOT_READY, wrong=image("no image"), cure=image("registry.example.org/hook:2")),
    hook_row(conditions.INVALID_HOOK_SA_NAME, conditions.NOT_SET, wrong=hooks({"serviceAccount": "Under_Score"})),
    hook_row(conditions.INVALID_HOOK_NS_NAME, conditions.NOT_SET, wrong=hooks({"executionNamespace": "Under_Score"})),
    hook_row(conditions.HOOK_PHASE_UNKNOWN, wrong=hooks({"phase": "Later"})),
    hook_row(conditions.HOOK_PHASE_DUPLICATE, wrong=hooks({}, {})),
)
