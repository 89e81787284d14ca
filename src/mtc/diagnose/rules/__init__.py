"""The causes that are known: one module a cause, each with `RULE`. The folder is scanned.

A module's docstring tells the cause to whoever looks for the file; its `Rule` tells people what is looked at and when it matches, from
which the reference page is written. A rule is pure, matches nothing on a migration that is well, and names objects, proof and steps.
"""

import functools
import importlib
import pkgutil

from mtc.diagnose.finding import Rule


@functools.cache
def every() -> tuple[Rule, ...]:
    """All rules, those of the deepest causes first."""
    modules = (importlib.import_module(found.name) for found in pkgutil.iter_modules(__path__, f"{__name__}."))
    return tuple(sorted((module.RULE for module in modules), key=lambda rule: (rule.rank, rule.name)))
