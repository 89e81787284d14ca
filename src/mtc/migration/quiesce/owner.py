"""Who has stopped a workload: which run of which plan. An annotation of ours beside those that tell what it was before. Pure.

Several plans may work on one namespace, and one run may fail after another: only who stopped something may decide to start it.
"""

from mtc.api import names
from mtc.kube.client import Object
from mtc.migration.quiesce.workload import annotations
from mtc.migration.scope import Scope

#: Takes the mark away.
UNMARK = {names.QUIESCED_BY: None}


def mark(scope: Scope) -> dict[str, str]:
    """The annotation of this run."""
    return {names.QUIESCED_BY: f"{scope.plan.uid}.{scope.uid}"}


def is_of_run(item: Object, scope: Scope) -> bool:
    """Whether this very run has stopped the object."""
    return annotations(item).get(names.QUIESCED_BY) == mark(scope)[names.QUIESCED_BY]


def is_of_plan(item: Object, scope: Scope) -> bool:
    """Whether some run of the plan has."""
    return annotations(item).get(names.QUIESCED_BY, "").partition(".")[0] == scope.plan.uid


def is_unknown(item: Object) -> bool:
    """Whether it does not tell."""
    return names.QUIESCED_BY not in annotations(item)
