"""What a rule is, and what it finds."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from mtc.diagnose.case import Case, Placed
from mtc.words import _

#: Ranks, by how near to the root a cause lies: what is reached only through something else comes after it.
CLUSTER, STORAGE, TOOLKIT, VOLUME, APPLICATION, OBJECT, DECLARATION, COURSE, KNOWN = 10, 20, 30, 40, 50, 60, 70, 80, 90


class Thing(NamedTuple):
    """An object that a finding is about; it may not exist."""

    kind: str
    namespace: str
    name: str
    cluster: str

    @property
    def ref(self) -> str:
        """As messages name it: kind, and namespace/name."""
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"


class Evidence(NamedTuple):
    """What was seen.

    Attributes:
        thing: on which object.
        source: where on it: a field, a condition, an event, a log.
        text: the words there.
    """

    thing: Thing
    source: str
    text: str


@dataclass(frozen=True)
class Finding:
    """A cause.

    Attributes:
        cause: what is wrong, in a sentence or two.
        things: the objects at fault, the first one above all.
        evidence: what proves it.
        steps: what to do next, in order.
        weight: added to the rank of its rule: less is nearer to the root.
    """

    cause: str
    things: tuple[Thing, ...]
    evidence: tuple[Evidence, ...]
    steps: tuple[str, ...]
    weight: int = 0


@dataclass(frozen=True)
class Rule:
    """One cause.

    Attributes:
        name: of its module, with dashes.
        rank: how near to the root it lies, from 0 on; the reasons for an order stand beside the constants.
        looks_at: what it looks at.
        matches: when it matches.
        find: finds it; pure.
    """

    name: str
    rank: int
    looks_at: str
    matches: str
    find: Callable[[Case], Iterable[Finding]]


def on(cluster: str, command: str) -> str:
    """A command for a cluster."""
    return _("on cluster {cluster}: `{command}`").format(cluster=cluster, command=command)


def thing(placed: Placed) -> Thing:
    """An object of the snapshot."""
    return Thing(placed.kind, placed.namespace, placed.name, placed.cluster)


def named(kind: str, ref: str, cluster: str) -> Thing:
    """An object by namespace/name, as messages have it."""
    namespace, _slash, name = ref.rpartition("/")
    return Thing(kind, namespace, name, cluster)


def unique(things: Iterable[Thing]) -> tuple[Thing, ...]:
    """Each once, in their order."""
    return tuple(dict.fromkeys(things))


def listed(things: Iterable[Thing], *, most: int = 3) -> str:
    """The first of them for a sentence, and how many more there are."""
    found = unique(things)
    more = f" (+{len(found) - most})" if len(found) > most else ""
    return ", ".join(item.ref for item in found[:most]) + more


def one(cause: str, things: Iterable[Thing], evidence: Iterable[Evidence], steps: Iterable[str], *, weight: int = 0) -> Iterable[Finding]:
    """A finding, unless nothing proves it."""
    proof = tuple(evidence)
    if proof:
        yield Finding(cause, unique(things), proof, tuple(steps), weight)
