"""Joins what stands in several places to one set of settings, and tells what could not be understood.

Each key is taken from the highest place that has a usable value of it: a bad value is told and the next lower one, in the end
the default, holds. All other keys apply all the same. Unknown keys are told with the known one that is spelled most alike.
"""

import difflib
import functools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Generic, TypeVar

from pydantic import ValidationError

from mtc.api.settings import model, values
from mtc.api.settings.model import ClusterSettings, Key, Settings

M = TypeVar("M", Settings, ClusterSettings)

_LONGEST_NAME = 63
#: A key of the ConfigMap that begins with the name of a source cluster.
_PER_CLUSTER = "_PROMETHEUS_URL"
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


class Trouble(StrEnum):
    """What can be wrong with a key."""

    UNKNOWN = "unknown"
    INVALID = "invalid"


@dataclass(frozen=True)
class Source:
    """A place in which settings stand.

    Attributes:
        name: for messages.
        values: by key.
        is_env: whether its keys are those of the ConfigMap and the environment, rather than those of the MigrationController.
        is_ours: whether it holds nothing but settings, so that an unknown key is a mistake.
    """

    name: str
    values: Mapping[str, Any]
    is_env: bool = False
    is_ours: bool = True


@dataclass(frozen=True)
class Problem:
    """A key that could not be understood.

    Attributes:
        source: the place.
        key: as it is written there.
        trouble: in which way.
        text: what is wrong and what to do, after the name of the key.
    """

    source: str
    key: str
    trouble: Trouble
    text: str

    def __str__(self) -> str:
        """The sentence."""
        return f"{self.source}: `{self.key}` {self.text}"


@dataclass(frozen=True)
class Reading(Generic[M]):
    """The settings in effect, what was wrong, and which keys are set that nothing acts on."""

    settings: M
    problems: tuple[Problem, ...]
    idle: tuple[str, ...] = ()


def read(group: type[M], sources: Sequence[Source]) -> Reading[M]:
    """The settings of a group.

    Args:
        group: which settings.
        sources: where they stand, the lowest place first.
    """
    found = {field: _places(key, sources) for field, key in group.keys().items()}
    problems: list[Problem] = []
    while True:
        chosen = {field: places[-1] for field, places in found.items() if places}
        try:
            settings = group.model_validate({field: place.value for field, place in chosen.items()})
        except ValidationError as error:
            for field in dict.fromkeys(str(detail["loc"][0]) for detail in error.errors()):
                place = found[field].pop()
                problems.append(Problem(place.source, place.key, Trouble.INVALID, group.keys()[field].form.complaint(place.value)))
        else:
            idle = tuple(place.key for field, place in chosen.items() if not group.keys()[field].works)
            return Reading(settings, tuple(problems), idle)


def unknown(source: Source) -> tuple[Problem, ...]:
    """The keys of a place that nobody knows."""
    if not source.is_ours:
        return ()
    known = _known_in_env() if source.is_env else _known_in_spec()
    strange = [key for key in source.values if _spelled(key, source) not in known and not (source.is_env and key.endswith(_PER_CLUSTER))]
    return tuple(Problem(source.name, _shortened(key), Trouble.UNKNOWN, _advice(_spelled(key, source), known)) for key in strange)


@dataclass(frozen=True)
class _Place:
    source: str
    key: str
    value: Any


def _places(key: Key, sources: Iterable[Source]) -> list[_Place]:
    found = []
    for source in sources:
        name = key.env if source.is_env else key.key
        written = next((word for word in source.values if name and _spelled(word, source) == name), None)
        if written is not None and not values.is_unset(source.values[written]):
            found.append(_Place(source.name, written, source.values[written]))
    return found


def _spelled(key: str, source: Source) -> str:
    """A key in its usual spelling: Ansible's operator takes `migPvLimit` for `mig_pv_limit`."""
    return key if source.is_env else _HUMP.sub("_", key).lower()


def _advice(key: str, known: frozenset[str]) -> str:
    (*nearest,) = difflib.get_close_matches(key[:_LONGEST_NAME], sorted(known), n=1)
    return f"is not a setting; did you mean `{nearest[0]}`?" if nearest else "is not a setting; remove it, or see the list of settings"


def _shortened(key: str) -> str:
    return key if len(key) <= _LONGEST_NAME else f"{key[:_LONGEST_NAME]}…"


@functools.cache
def _known_in_spec() -> frozenset[str]:
    fields = (key.key for group in (Settings, ClusterSettings) for key in group.keys().values())
    return frozenset({*fields, *(key.key for key in model.image_keys())} - {""})


@functools.cache
def _known_in_env() -> frozenset[str]:
    return frozenset({key.env for group in (Settings, ClusterSettings) for key in group.keys().values()} - {""})
