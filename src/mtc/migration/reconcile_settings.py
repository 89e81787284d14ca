"""One pass over the settings: what stands in the MigrationController and the ConfigMaps is joined, put into effect, and judged.

What is wrong becomes conditions of the MigrationController, beside those of other programs that write there, and a line in
the log for each new trouble; where there is no MigrationController, an Event on the ConfigMap.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from mtc.api import base, conditions, names
from mtc.api.conditions import Condition
from mtc.api.settings import read
from mtc.api.settings.model import ClusterSettings, Settings
from mtc.api.settings.read import Problem, Trouble
from mtc.kube import errors as kube_errors
from mtc.kube import resources
from mtc.kube.client import Client, Object
from mtc.migration import checks, events
from mtc.migration import settings as config
from mtc.migration.reconcile_cluster import utc_now
from mtc.migration.topics import Result, Topic
from mtc.telemetry import logs

_OURS = frozenset(
    {
        conditions.READY,
        conditions.INVALID_SETTINGS,
        conditions.UNKNOWN_SETTINGS,
        conditions.SETTINGS_WITHOUT_EFFECT,
        conditions.SETTINGS_IGNORED,
    }
)
_CONFIG_MAPS = (names.CONTROLLER_CONFIG_MAP, names.CLUSTER_CONFIG_MAP)
#: A misspelt file can have thousands of keys; the first of them are enough to see what happened.
_MOST_NAMED = 20

_log = logs.get(part="settings")


class Reporter:
    """Remembers what was told, so that each trouble is told once for as long as it lasts."""

    def __init__(self) -> None:
        self._told: frozenset[Problem] = frozenset()

    def fresh(self, problems: Iterable[Problem]) -> list[Problem]:
        """Those of the problems that were not there the last time."""
        found = tuple(problems)
        new = [problem for problem in found if problem not in self._told]
        self._told = frozenset(found)
        return new


async def step(ref: base.Ref, *, host: Client, live: config.Live, reporter: Reporter, clock: Callable[[], datetime] = utc_now) -> Result:
    """One pass over a MigrationController; over the ConfigMaps too when it has the name that counts.

    Args:
        ref: which one; it need not exist.
        host: the cluster where it lives.
        live: takes over what is in effect.
        reporter: knows what was told before.
        clock: the time.
    """
    read_now = await host.find(config.MIGRATION_CONTROLLERS, ref.name, namespace=ref.namespace)
    if ref.name != names.CONTROLLER_NAME:
        written = read_now is None or await _write(host, read_now, [_ignored(ref)], now=clock())
        return Result(after_s=None if written else 0.0)
    maps = [await host.find(resources.CONFIG_MAPS, name, namespace=ref.namespace) for name in _CONFIG_MAPS]
    places = [config.source(resources.CONFIG_MAPS, item) for item in maps]
    spec = config.source(config.MIGRATION_CONTROLLERS, read_now)
    settings = read.read(Settings, [live.environment, places[0], spec])
    cluster = read.read(ClusterSettings, [places[1], spec])
    if changed := live.become(settings.settings, cluster.settings):
        _log.info("settings changed", names=changed)
    strange = [problem for place in (places[0], spec) for problem in read.unknown(place)]
    problems = [*settings.problems, *cluster.problems, *strange]
    fresh = reporter.fresh(problems)
    for problem in fresh:
        _log.warning("setting not understood", problem=str(problem))
    if read_now is None:
        await _tell_on_maps(host, [item for item in maps if item], fresh, now=clock())
    staged = _judged(problems, [*settings.idle, *cluster.idle])
    written = read_now is None or await _write(host, read_now, staged, now=clock())
    topics = frozenset(Topic(host, resources.CONFIG_MAPS, ref.namespace, name) for name in _CONFIG_MAPS)
    return Result(after_s=None if written else 0.0, topics=topics)


def _judged(problems: Iterable[Problem], idle: list[str]) -> list[Condition]:
    invalid = [str(problem) for problem in problems if problem.trouble is Trouble.INVALID]
    strange = [str(problem) for problem in problems if problem.trouble is Trouble.UNKNOWN]
    found = []
    if invalid:
        message = f"{_listed(invalid)}. Until that is corrected, the next place in line or the default holds; all other settings apply."
        found.append(checks.error(conditions.INVALID_SETTINGS, "", message))
    if strange:
        found.append(checks.warn(conditions.UNKNOWN_SETTINGS, "", f"{_listed(strange)} All other settings apply."))
    if idle:
        message = f"Nothing in this version acts on these settings, which are otherwise accepted: {', '.join(dict.fromkeys(idle))}."
        found.append(checks.advisory(conditions.SETTINGS_WITHOUT_EFFECT, "", message))
    if not conditions.has_blocker(found):
        found.append(conditions.ready("The settings are in effect."))
    return found


def _listed(sentences: list[str]) -> str:
    shown = "; ".join(sentences[:_MOST_NAMED])
    return shown if len(sentences) <= _MOST_NAMED else f"{shown}; and {len(sentences) - _MOST_NAMED} more"


def _ignored(ref: base.Ref) -> Condition:
    message = (
        f"Settings are read from the MigrationController {ref.namespace}/{names.CONTROLLER_NAME}; nothing of MigrationController {ref} is used. "
        "Put the settings there and delete this one."
    )
    return checks.warn(conditions.SETTINGS_IGNORED, "", message)


async def _tell_on_maps(host: Client, maps: Iterable[Object], problems: Iterable[Problem], *, now: datetime) -> None:
    reasons = {Trouble.INVALID: conditions.INVALID_SETTINGS, Trouble.UNKNOWN: conditions.UNKNOWN_SETTINGS}
    for item in maps:
        for problem in problems:
            if problem.source == config.source(resources.CONFIG_MAPS, item).name:
                await events.emit(host, item, reason=reasons[problem.trouble], message=f"{problem}.", warning=True, now=now)


async def _write(host: Client, read_now: Object, staged: list[Condition], *, now: datetime) -> bool:
    """Writes our conditions where they differ; whether the object stood as it was read."""
    foreign, before = _split(read_now)
    after = conditions.merge(before, staged, now=now)
    if before == after:
        return True
    meta = read_now["metadata"]
    shown = [*foreign, *(item.model_dump(mode="json") for item in after)]
    body: Object = {"metadata": {"resourceVersion": meta["resourceVersion"]}, "status": {"conditions": shown}}
    try:
        await host.patch(config.MIGRATION_CONTROLLERS, meta["name"], body, namespace=meta["namespace"])
    except (kube_errors.Conflict, kube_errors.NotFound):
        return False
    known = {item.type: item.message for item in before}
    await events.emit_conditions(host, read_now, [item for item in after if known.get(item.type) != item.message], now=now)
    return True


def _split(item: Object) -> tuple[list[Any], list[Condition]]:
    """The conditions of others as they stand, and ours; the status has no schema, so anything may stand there."""
    found = (item.get("status") or {}).get("conditions")
    foreign: list[Any] = []
    ours: list[Condition] = []
    for entry in found if isinstance(found, list) else []:
        if isinstance(entry, dict) and entry.get("type") in _OURS:
            try:
                ours.append(Condition.model_validate(entry))
            except ValidationError:
                continue  # it is written anew
        else:
            foreign.append(entry)
    return foreign, ours
