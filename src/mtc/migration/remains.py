"""What a failed migration leaves behind: workloads that stay stopped, and objects that are half made in the target."""

import asyncio
import shlex
from collections.abc import Iterator
from datetime import datetime

from mtc.api import names
from mtc.errors import MtcError
from mtc.kube import codec, discovery, errors
from mtc.kube.client import Object
from mtc.kube.resources import ResourceType
from mtc.migration import events, parallel
from mtc.migration.quiesce import kinds, work
from mtc.migration.scope import Scope

#: A healthy cluster answers in far less; one that does not must not keep the trouble from being told.
LOOK_S = 10.0
#: Reason of the Event about a migration that was deleted while its application stood still.
_ABANDONED = "ApplicationLeftStopped"
_MOST = 20
#: Each takes a line or two.
_MOST_COMMANDS = 5
_NEEDED = frozenset({"list", "delete"})


async def tell_abandoned(scope: Scope | None, *, now: datetime) -> None:
    """Names what a migration that is gone in mid-run leaves standing still: nobody else does, because its status is gone as well.

    Args:
        scope: of its last pass, None where it made none.
        now: the time.
    """
    if scope is None or scope.migration.is_dry_run:
        return
    try:
        async with asyncio.timeout(LOOK_S):
            text = await abandoned(scope)
    except (MtcError, TimeoutError) as error:
        scope.log.warning("migration deleted while it ran; what it has stopped could not be looked at", error=str(error))
        return
    if text:
        scope.log.warning("migration deleted while it ran", message=text)
        kind = scope.migration.KIND
        about = {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": scope.migration.metadata}
        await events.emit(scope.host, about, reason=_ABANDONED, message=text, warning=True, now=now)


async def describe(scope: Scope) -> list[str]:
    """Sentences for people, empty when nothing is left; what cannot be looked at is said as well."""
    return [*await _stopped(scope), *await _half_made(scope)]


async def standing(scope: Scope) -> str:
    """What stands still in the source of a migration that cannot go on, and how to start it by hand; "" where nothing does.

    Args:
        scope: of which nothing is looked at but the source.
    """
    stopped = await work.stopped_by_plan(scope)
    if not stopped:
        return ""
    return (
        f"Meanwhile workloads stand still on source cluster {scope.source.name}, because this plan has stopped them: "
        f"{_short(work.describe(stopped))}. They are not started by themselves: on a target that does not answer the application may run. "
        f"Where it cannot, start them {_by_hand(scope, stopped)}."
    )


async def abandoned(scope: Scope) -> str:
    """What a migration that was deleted while it ran leaves standing still in the source; "" where nothing does.

    Args:
        scope: its last pass.
    """
    stopped = await work.stopped_by_plan(scope)
    if not stopped:
        return ""
    return (
        f"MigMigration {scope.migration.ref} was deleted in phase {scope.migration.status.phase}, so nothing starts again what it has stopped "
        f"on source cluster {scope.source.name}: {_short(work.describe(stopped))}. Roll back MigPlan {scope.plan.ref} where it still exists, or "
        f"start them {_by_hand(scope, stopped)}."
    )


def _by_hand(scope: Scope, stopped: list[Object]) -> str:
    commands = list(dict.fromkeys(f"`{command}`" for item in stopped for command in starting(item)))
    more = f"; and {len(commands) - _MOST_COMMANDS} more, see docs/how-to/undo.md" if len(commands) > _MOST_COMMANDS else ""
    return f"on cluster {scope.source.name} by hand: {'; '.join(commands[:_MOST_COMMANDS])}{more}"


def starting(item: Object) -> Iterator[str]:
    """The commands that start a workload as it was before this toolkit stopped it. Pure."""
    meta, workload = item["metadata"], kinds.of(item)
    if workload is None:
        return
    for patch in work.starting(workload)(item):
        what = f"{workload.kind.group_resource} {meta['name']}"
        yield f"kubectl -n {meta['namespace']} patch {what} --type=merge -p {shlex.quote(codec.dumps(patch).decode())}"


async def _stopped(scope: Scope) -> list[str]:
    try:
        stopped = await work.stopped_by_plan(scope)
    except errors.KubeError as error:
        return [f"Whether workloads were left stopped on source cluster {scope.source.name} is not known: {error}"]
    if not stopped:
        return []
    if scope.plan.spec.closed:
        text = (
            f"These workloads stay stopped on source cluster {scope.source.name}: {_short(work.describe(stopped))}. MigPlan {scope.plan.ref} is "
            f"closed, so it can neither be rolled back nor tried again. To let the application go on there, start them {_by_hand(scope, stopped)}."
        )
        return [text]
    text = (
        f"These workloads stay stopped on source cluster {scope.source.name}: {_short(work.describe(stopped))}. To let the application "
        f"go on there, create the MigMigration of status.rollback.manifest, or scale each back by hand as its annotations "
        f"{names.PRE_QUIESCE_REPLICAS}, {names.PRE_QUIESCE_SUSPEND} and {names.PRE_QUIESCE_NODE_SELECTOR} say; to go on from here, remove "
        f"the cause and ask for another try: kubectl -n {scope.migration.namespace} annotate --overwrite migmigration {scope.migration.name} "
        f"{names.RETRY}=again-{scope.migration.attempt}"
    )
    return [text]


async def _half_made(scope: Scope) -> list[str]:
    selector = f"{names.MIGRATED_BY_MIGMIGRATION}={scope.uid}"
    try:
        served = await discovery.discover(scope.target)
        kinds = [kind for kind in served.preferred if kind.namespaced and kind.verbs >= _NEEDED]
        spaces = list(dict.fromkeys(scope.target_namespaces))
        works = [_labelled(scope, kind, namespace, selector) for namespace in spaces for kind in kinds]
        parts = await parallel.gather(works)
    except errors.KubeError as error:
        return [f"Whether objects were left half made on target cluster {scope.target.name} is not known: {error}"]
    pairs = [kind.group_resource for _ in spaces for kind in kinds]
    closed = dict.fromkeys(kind for kind, part in zip(pairs, parts, strict=True) if part is None)
    unseen = (
        f"Whether objects of other kinds were left half made on target cluster {scope.target.name} is not known: the controller may not "
        f"list {_short(sorted(closed))} there. Somebody who may can look for the label {selector}."
    )
    found = [name for part in parts for name in part or []]
    return [*_named(scope, found, selector), *([unseen] if closed else [])]


def _named(scope: Scope, found: list[str], selector: str) -> list[str]:
    if not found:
        return []
    text = (
        f"These objects were made by this migration on target cluster {scope.target.name} and may be incomplete: {_short(sorted(found))}. "
        f"Another try or another migration completes them, a rollback removes them; by hand, delete what has the label {selector}."
    )
    return [text]


async def _labelled(scope: Scope, kind: ResourceType, namespace: str, selector: str) -> list[str] | None:
    """The objects of a kind with a label; None where they may not be listed."""
    try:
        return work.describe(await scope.target.list_all(kind, namespace=namespace, label_selector=selector))
    except errors.BadRequest:
        return []  # types that cannot be listed by label, for instance of metrics
    except errors.Forbidden:
        return None


def _short(found: list[str]) -> str:
    rest = len(found) - _MOST
    return ", ".join(found[:_MOST]) + (f" and {rest} more" if rest > 0 else "")
