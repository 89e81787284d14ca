"""Start the migration, and show it live: one line for each step of its pipeline, with the time that it took."""

import asyncio
import random
import time
import uuid
from collections.abc import Iterable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

from mtc.kube import resources, watch
from mtc.kube.client import Object
from mtc.lab.demo import errors
from mtc.lab.demo.declare import complaints
from mtc.lab.demo.screen import Ink, Screen, format_s
from mtc.lab.demo.setting import PLAN, TOOLKIT, Setting
from mtc.lab.demo.until import has_condition

_DEADLINE_S = 900.0


@dataclass
class Story:
    """What has been seen of a migration.

    Attributes:
        name: of the MigMigration.
        started: when it was created, by a clock that only grows.
        phases: seconds from the start at which each phase was first seen, in order.
        shown: steps of which the end has been shown.
        begun: seconds from the start at which each step was first seen to run.
        said: complaints that have been shown.
        total_s: seconds until it had succeeded.
    """

    name: str
    started: float
    phases: dict[str, float] = field(default_factory=dict)
    shown: set[str] = field(default_factory=set)
    begun: dict[str, float] = field(default_factory=dict)
    said: set[str] = field(default_factory=set)
    total_s: float = 0.0

    def slowest(self, count: int) -> list[tuple[str, float]]:
        """The phases that took longest, with their seconds."""
        ends = [*list(self.phases.values())[1:], self.total_s]
        lasted = [(name, end - begin) for (name, begin), end in zip(self.phases.items(), ends, strict=True)]
        return sorted(lasted, key=lambda pair: -pair[1])[:count]


def new_name() -> str:
    """A UUID of version 1, as consoles name migrations: its first part is the time. The node in it is random."""
    return str(uuid.uuid1(node=random.SystemRandom().getrandbits(48) | 1 << 40))


async def run(setting: Setting, screen: Screen, story: Story) -> None:
    """Migrate the shop, and note what is seen of it in the story, which names the migration.

    Raises:
        errors.MigrationEnded: it did not plainly succeed.
        errors.StepFailed: it did not come to its end in time.
    """
    await setting.target.create(resources.MIG_MIGRATIONS, body(story.name))
    screen.note(f"MigMigration {story.name}: quiesce the source, copy its volumes, restore it on the target")
    try:
        async with asyncio.timeout(_DEADLINE_S):
            await _follow(setting, screen, story)
    except TimeoutError as error:
        phase = next(reversed(story.phases), "none")
        said = f" It says: {'; '.join(story.said)}" if story.said else ""
        raise errors.StepFailed(f"Migration {story.name} was still in phase {phase} after {_DEADLINE_S:.0f} s.{said}") from error


def body(name: str) -> Object:
    """The MigMigration."""
    return {
        "apiVersion": resources.MIG_MIGRATIONS.api_version,
        "kind": resources.MIG_MIGRATIONS.kind,
        "metadata": {"name": name, "namespace": TOOLKIT},
        "spec": {"migPlanRef": {"name": PLAN, "namespace": TOOLKIT}, "quiescePods": True, "stage": False},
    }


async def _follow(setting: Setting, screen: Screen, story: Story) -> None:
    watched: Any = watch.watch(setting.target, resources.MIG_MIGRATIONS, namespace=TOOLKIT, field_selector=f"metadata.name={story.name}")
    async with aclosing(watched) as events:
        async for event in events:
            if event.type == "DELETED":
                raise errors.StepFailed(f"Somebody deleted MigMigration {story.name} while it ran.")
            if event.type not in {"ADDED", "MODIFIED"}:
                continue
            show(event.object, screen, story, now_s=time.monotonic() - story.started)
            if is_over(event.object):
                story.total_s = time.monotonic() - story.started
                return


def is_over(migration: Object) -> bool:
    """Whether the migration has succeeded. Raises errors.MigrationEnded when it is over in another way."""
    status = migration.get("status") or {}
    if has_condition(migration, "Succeeded"):
        return True
    if has_condition(migration, "Failed") or status.get("phase") == "Completed":
        said = [*(status.get("errors") or ()), *complaints(migration, *_HELD_AGAINST)]
        ended = next((word for word in _ENDS if has_condition(migration, word)), "Completed")
        why = "; ".join(dict.fromkeys(said)) or "it does not say why"
        raise errors.MigrationEnded(f"Migration {migration['metadata']['name']} ended as {ended}: {why}")
    return False


#: How a migration can end besides well, the worst first, and the categories of conditions that tell why.
_ENDS = ("Failed", "Canceled", "SucceededWithWarnings")
_HELD_AGAINST = ("Critical", "Error", "Warn")


def show(migration: Object, screen: Screen, story: Story, *, now_s: float) -> None:
    """Print what is new in the migration's status."""
    status = migration.get("status") or {}
    if status.get("phase"):
        story.phases.setdefault(status["phase"], now_s)
    for complaint in complaints(migration):
        if complaint not in story.said and "Failed" not in complaint.split(":", 1)[0]:
            story.said.add(complaint)
            screen.note(screen.ink(complaint, Ink.yellow))
    for step in status.get("pipeline") or []:
        _show_step(step, screen, story, now_s=now_s)


def _show_step(step: Mapping[str, Any], screen: Screen, story: Story, *, now_s: float) -> None:
    name = step["name"]
    if step.get("started"):
        story.begun.setdefault(name, now_s)
    if name in story.shown:
        return
    if step.get("failed"):
        story.shown.add(name)
        screen.bad(f"{name:<14} {step.get('message') or 'failed'}")
    elif step.get("skipped"):
        story.shown.add(name)
    elif step.get("completed"):
        story.shown.add(name)
        took = format_s(now_s - story.begun.get(name, now_s))
        screen.good(f"{name:<14} {took:>8}")
    elif step.get("started"):
        now = " ".join(filter(None, (step.get("phase"), _last(step.get("progress") or []))))
        screen.transient(f"   ..  {name:<14} {format_s(now_s - story.begun[name]):>8}   {now}")


def _last(progress: Iterable[str]) -> str:
    """The newest line of progress, short enough for one line."""
    lines = [" ".join(str(line).split()) for line in progress]
    return lines[-1][:100] if lines else ""
