"""Which kinds there are: found by looking into the folders `migration` and `velero`, where one file is one kind."""

import functools
import importlib
import inspect
import pkgutil
from types import ModuleType

from mtc.api import base, migration, velero


class UnknownKind(base.InvalidResource):
    """An object's kind is none of ours."""

    reason = "UnknownKind"


@functools.cache
def kinds() -> tuple[type[base.Resource], ...]:
    """Return the model of every kind, ordered by group and name."""
    found = [_only_resource(module) for package in (migration, velero) for module in _modules(package)]
    return tuple(sorted(found, key=lambda model: (model.KIND.group, model.KIND.kind)))


def model_of(api_version: str, kind: str) -> type[base.Resource]:
    """Return the model of a kind.

    Raises:
        UnknownKind: it is none of ours.
    """
    for model in kinds():
        if (model.KIND.api_version, model.KIND.kind) == (api_version, kind):
            return model
    raise UnknownKind(f"{kind} of {api_version} is not a kind of this toolkit")


def _modules(package: ModuleType) -> list[ModuleType]:
    return [importlib.import_module(found.name) for found in pkgutil.iter_modules(package.__path__, f"{package.__name__}.")]


def _only_resource(module: ModuleType) -> type[base.Resource]:
    """Return the one kind that a module defines; that there is exactly one is held by a test."""
    return next(
        value
        for value in vars(module).values()
        if inspect.isclass(value) and issubclass(value, base.Resource) and value.__module__ == module.__name__
    )
