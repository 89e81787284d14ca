"""What a phase answers: done, wait for something, a person must act, or failed.

A phase never writes the status of its migration; it returns one of these, and `status.compute` makes the status of it.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from mtc.api import common
from mtc.api.conditions import Condition
from mtc.api.dry_run import DryRunReport
from mtc.api.figures import ItemFigures
from mtc.api.proof import Proof
from mtc.kube.client import Client, Object
from mtc.kube.resources import ResourceType

#: How long a waiting migration sleeps at the longest. A source that went away must be told within 30 s; the probe of a
#: cluster that does not answer takes up to 5 s, and two tries of it are made before it is told.
AT_LATEST_S = 8.0
#: After so long without anything having moved a wait is told as a warning. Chosen longer than starting a pod usually takes.
PATIENCE_S = 300.0


@dataclass(frozen=True, slots=True)
class Awaited:
    """A collection whose change wakes the migration; equal ones share one watch.

    Attributes:
        cluster: where it is; another client is another collection.
        kind: type of the objects.
        namespace: None for all namespaces.
        label_selector: only objects that match.
    """

    cluster: Client
    kind: ResourceType
    namespace: str | None = None
    label_selector: str = ""


@dataclass(frozen=True)
class Subject:
    """An object that a phase waits for.

    Attributes:
        cluster: where it is.
        item: as it was read.
        goes: whether it has to go, rather than to come to something.
    """

    cluster: Client
    item: Object
    goes: bool = False


@dataclass(frozen=True)
class Done:
    """The phase is through.

    Attributes:
        conditions: what the phase found out.
        removed: durable conditions that hold no longer.
        namespaces: unhealthy workloads in the target; None leaves what is known.
        errors: what has to be told in `status.errors`.
        progress: the last lines for people; none leaves those that are there.
        proof: what comparing has found so far; None leaves what is known.
        figures: the same in numbers, as they were read; none leaves those that are there.
        dry_run: what a dry run has found out.
    """

    conditions: tuple[Condition, ...] = ()
    removed: frozenset[str] = frozenset()
    namespaces: tuple[common.UnhealthyNamespace, ...] | None = None
    errors: tuple[str, ...] = ()
    progress: tuple[str, ...] = ()
    proof: Proof | None = None
    figures: tuple[ItemFigures, ...] = ()
    dry_run: DryRunReport | None = None


@dataclass(frozen=True)
class Wait:
    """The phase goes on when one of `for_` changes.

    Attributes:
        for_: what to watch.
        reason: one CamelCase word for logs.
        message: what is waited for, and on which cluster; shown when the wait takes longer than `patience_s`.
        progress: lines for people; without them the message itself is shown.
        at_latest_s: look again after so many seconds even if nothing changed.
        patience_s: after so long without anything having moved the wait becomes a warning; None where slow is normal.
        conditions: what the phase found out so far.
        figures: how far the work has come, as it was read.
        objects: what is waited for; the watchdog looks there for what keeps it.
        mark: another text means that something has moved; without it figures count, or else the words for people.
    """

    for_: tuple[Awaited, ...]
    reason: str
    message: str
    progress: tuple[str, ...] = ()
    at_latest_s: float = AT_LATEST_S
    patience_s: float | None = PATIENCE_S
    conditions: tuple[Condition, ...] = ()
    figures: tuple[ItemFigures, ...] = ()
    objects: tuple[Subject, ...] = ()
    mark: str = ""


@dataclass(frozen=True)
class Stall:
    """A person must act before the phase can go on; it is tried again when one of `for_` changes."""

    reason: str
    message: str
    for_: tuple[Awaited, ...] = ()
    at_latest_s: float = AT_LATEST_S


@dataclass(frozen=True)
class Fail:
    """The migration has failed.

    Attributes:
        reason: one CamelCase word for logs.
        messages: what went wrong, one sentence or two each; they become `status.errors`.
        conditions: what the phase found out before it failed.
        figures: how far the work had come, as it was read.
    """

    reason: str
    messages: tuple[str, ...]
    conditions: tuple[Condition, ...] = ()
    figures: tuple[ItemFigures, ...] = ()


Outcome = Done | Wait | Stall | Fail


def fail(reason: str, messages: Iterable[str] | str) -> Fail:
    """A failure with one message or several."""
    return Fail(reason, (messages,) if isinstance(messages, str) else tuple(messages))
