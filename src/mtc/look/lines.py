"""One log line: read from what a process wrote, chosen, shown. Pure."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from mtc.kube import codec
from mtc.look.subjects import Subject

LEVELS = ("debug", "info", "warning", "error", "critical")
#: Of lines that no process of ours wrote.
HOOK, STAGE_POD = "hook", "stage-pod"
#: Fields that have a place of their own in a line.
_PLACED = frozenset({"time", "level", "component", "event"})
#: Velero's form, in its pods and in the bucket.
_LOGFMT = re.compile(r'(?<![\w./-])([\w./-]++)=("(?:[^"\\]|\\.)*"|\S*)')


@dataclass(frozen=True)
class Line:
    """One line.

    Attributes:
        time: when it was written, by the clock of its node; RFC 3339 in UTC, "" where nobody says.
        cluster, pod: where.
        raw: as it was written.
        fields: of a line in JSON or in Velero's form; None for any other.
        component: what wrote it, where the line itself does not say so.
        offset_s: by so many seconds `time` was put back, because that clock is ahead.
    """

    time: str
    cluster: str
    pod: str
    raw: str
    fields: Mapping[str, Any] | None = None
    component: str = ""
    offset_s: float = 0.0

    @property
    def source(self) -> str:
        """What wrote it."""
        return str((self.fields or {}).get("component") or self.component or self.pod)

    def text(self) -> str:
        """For people."""
        clock = datetime.fromisoformat(self.time).strftime("%H:%M:%S.%f")[:-3] if self.time else "--:--:--.---"
        if self.fields is None:
            where = f"{self.component} {self.pod}" if self.component else self.pod
            return f"{clock} {self.cluster} {where} {self.raw}"
        rest = " ".join(f"{key}={_value(value)}" for key, value in self.fields.items() if key not in _PLACED and value not in ("", None))
        level = str(self.fields.get("level", "")).upper()
        return f"{clock} {self.cluster} {self.source} {level} {self.fields.get('event', '')} {rest}".rstrip()

    def to_dict(self) -> dict[str, Any]:
        """For machines: where and when, and under `line` what was written, an object or a text."""
        found = {"time": self.time, "cluster": self.cluster, "pod": self.pod, "component": self.source}
        if self.offset_s:
            found["clockOffsetSeconds"] = self.offset_s  # type: ignore[assignment]
        return {**found, "line": self.raw if self.fields is None else dict(self.fields)}

    def put_back(self, seconds: float) -> "Line":
        """The same line, its time by a clock that is behind the one it was written by."""
        if not seconds or not self.time:
            return self
        moved = datetime.fromisoformat(self.time).astimezone(UTC) - timedelta(seconds=seconds)
        return replace(self, time=moved.strftime("%Y-%m-%dT%H:%M:%S.%fZ"), offset_s=seconds)


@dataclass(frozen=True)
class Wanted:
    """Which lines.

    Attributes:
        subject: what they must be about; None for everything.
        level: the lowest level.
        components: of which processes: controller, engine, node-agent, hook, stage-pod; empty for all.
        since_s: not older than so many seconds; None for all that there is.
    """

    subject: Subject | None = None
    level: str = "debug"
    components: Collection[str] = ()
    since_s: int | None = None

    def has(self, line: Line) -> bool:
        """Whether a line is one of them. What is in no form of ours was written by a process that died, or by one of others."""
        if self.components and (line.fields is not None or line.component) and line.source not in self.components:
            return False
        if line.fields is None:
            return True
        level = str(line.fields.get("level") or "info")
        if level in LEVELS and LEVELS.index(level) < LEVELS.index(self.level):
            return False
        # A pod that lives only as long as a migration speaks of nothing else.
        return self.subject is None or bool(line.component) or self.subject.is_in(line.fields)


def parse(cluster: str, pod: str, raw: bytes, *, component: str = "") -> Line:
    """A line as the API server gives it: its time, then what the process wrote."""
    whole = raw.decode(errors="replace")
    stamp, _, text = whole.partition(" ")
    if not moment_of(stamp):  # the kubelet's own words about a log that it cannot read have no time
        stamp, text = "", whole
    fields = _json(text) if text.startswith("{") else logfmt(text) if text.startswith("time=") else None
    return Line(moment_of((fields or {}).get("time")) or stamp, cluster, pod, text, fields, component)


def moment_of(found: Any) -> str:
    """A time as lines have it: in UTC; "" for what is none, and for one that does not say of which zone it is.

    Programs of others write what they like in a field of that name: seconds since 1970, a local time, an offset.
    """
    try:
        read = datetime.fromisoformat(found) if isinstance(found, str) else None
    except ValueError:
        return ""
    if read is None or read.tzinfo is None:
        return ""
    return str(found) if str(found).endswith("Z") else read.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def logfmt(text: str) -> dict[str, Any] | None:
    """The fields of a line in Velero's form, its message as `event`; None when it has none."""
    fields = {key: _plain(value) for key, value in _LOGFMT.findall(text)}
    if "msg" not in fields or "time" not in fields:
        return None
    message = fields.pop("msg")
    return {"time": fields.pop("time"), "level": fields.pop("level", "info"), "event": message, **fields}


def _json(text: str) -> dict[str, Any] | None:
    try:
        found = codec.loads(text.encode())
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _plain(value: str) -> str:
    if not value.startswith('"'):
        return value
    try:
        return str(codec.loads(value.encode()))
    except ValueError:
        return value.strip('"')


def _value(value: Any) -> str:
    text = value if isinstance(value, str) else codec.dumps(value).decode()
    return f'"{text}"' if " " in text else text
