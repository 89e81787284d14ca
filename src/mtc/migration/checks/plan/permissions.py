"""MissingPermissions: everything that the plan will do on its clusters must be allowed before it is Ready."""

from collections.abc import Iterable, Sequence

from mtc.api import conditions
from mtc.api.conditions import Condition
from mtc.migration import checks
from mtc.migration.checks.plan import Lacking, Scope
from mtc.migration.rights.reviews import Missing

_TYPE = conditions.MISSING_PERMISSIONS
#: So many rights of a cluster are told in the message; all are in the status.
_MOST = 6
#: Longer ones are in the status only.
_LONGEST_MANIFEST = 500


async def _run(scope: Scope, _: Sequence[Condition]) -> list[Condition]:
    if not scope.lacking:
        return []
    told = " ".join(_tell(item) for item in scope.lacking)
    message = f"MigPlan {scope.ref} needs rights that it does not have. {told} {_remedy(scope)}"
    return [checks.critical(_TYPE, conditions.UNAUTHORIZED, message)]


def _tell(lacking: Lacking) -> str:
    who = f"user {lacking.user} of cluster {lacking.cluster}" if lacking.user else f"the token of cluster {lacking.cluster}"
    lines = list(phrases(lacking.missing))
    shown = "; ".join(lines[:_MOST])
    return f"Missing for {who}: {shown}{f'; and {len(lines) - _MOST} more' if len(lines) > _MOST else ''}."


def phrases(missing: Iterable[Missing]) -> Iterable[str]:
    """The rights in words, those of one resource together, wherever they are missing."""
    places: dict[tuple[tuple[str, ...], str], list[str]] = {}
    for item in missing:
        places.setdefault((item.right.verbs, item.right.group_resource), []).append(item.namespace)
    for (verbs, resource), namespaces in places.items():
        spaces = [name for name in namespaces if name]
        where = f"in {', '.join(spaces)}" if spaces else "in the whole cluster"
        yield f"{'/'.join(verbs)} {resource} {where}"


def _remedy(scope: Scope) -> str:
    short = [item.manifest for item in scope.lacking if len(item.manifest) <= _LONGEST_MANIFEST]
    text = "status.missingPermissions has, for each cluster, a manifest of roles that grant exactly these rights; have somebody apply it there."
    return f"{text} It is:\n{short[0]}" if len(scope.lacking) == len(short) == 1 else text


CHECK = checks.Check(order=22, types=(_TYPE,), run=_run)
