"""What an action is: a small rule that changes an object on its way into or out of an archive, one file each.

`load` finds the actions of a folder; a file holds `ACTION`. Actions run in order of their names, as Velero's do.
"""

import importlib
import pkgutil
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Generic, TypeVar

from mtc.kube.client import Object

#: `applies_to` of an action for every type.
EVERYTHING = frozenset({"*"})


#: What the actions of a folder get to see: `backup.context.Context` or `restore.context.Subject`.
Context = TypeVar("Context")


@dataclass(frozen=True, slots=True)
class Related:
    """An object that another one needs."""

    group_resource: str
    namespace: str
    name: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an object: itself (changed in place or new), None to leave it out, and what it needs."""

    item: Object | None
    related: tuple[Related, ...] = ()
    why: str = ""


@dataclass(frozen=True)
class Action(Generic[Context]):
    """A rule.

    Attributes:
        name: as Velero lists it, for instance "velero.io/pod".
        applies_to: group resources ("pods", "deployments.apps"), or EVERYTHING.
        apply: gets the object (it may change it) and the context of the run.
        after: of restores: gets the object once it is there, new or as it was found. Raises KubeError or EngineError, as `apply` does.
    """

    name: str
    applies_to: frozenset[str]
    apply: Callable[[Object, Context], Awaitable[Outcome]]
    after: Callable[[Object, Context], Awaitable[None]] | None = None

    def concerns(self, group_resource: str) -> bool:
        """Whether objects of a type pass through this action."""
        return group_resource in self.applies_to or "*" in self.applies_to


def load(folder: ModuleType) -> tuple[Action[Any], ...]:
    """The actions of all files of a package, by name."""
    found = [importlib.import_module(f"{folder.__name__}.{module.name}").ACTION for module in pkgutil.iter_modules(folder.__path__)]
    return tuple(sorted(found, key=lambda action: action.name))


def for_resource(actions: Iterable[Action[Any]], group_resource: str) -> tuple[Action[Any], ...]:
    """The actions that concern a type."""
    return tuple(action for action in actions if action.concerns(group_resource))
