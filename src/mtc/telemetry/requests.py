"""How many requests went to which cluster, on behalf of what, and how long they took. Counted only where somebody asks for it.

The counts are totals since the process began, as Prometheus wants them.
"""

from contextvars import ContextVar
from dataclasses import dataclass, field

#: On behalf of what: the kind of the object that is being looked after; "" for everything else.
asked_for: ContextVar[str] = ContextVar("asked_for", default="")

#: Position of the type in the path of a request: /api/VERSION/TYPE, /apis/GROUP/VERSION/TYPE.
_TYPE_AT = {"api": 3, "apis": 4}
_NAMESPACES = "namespaces"


@dataclass(frozen=True, slots=True)
class Key:
    """What is told apart.

    Attributes:
        cluster: name of the cluster.
        function: on behalf of what, see `asked_for`.
        kind: plural of the type that was asked for; "" for paths without one.
        method: of HTTP, in small letters.
    """

    cluster: str
    function: str
    kind: str
    method: str


@dataclass(slots=True)
class Total:
    """How many requests, and how long they took in milliseconds, all together."""

    count: int = 0
    elapsed_ms: float = 0.0


@dataclass
class Tally:
    """The totals of a process."""

    totals: dict[Key, Total] = field(default_factory=dict)

    def note(self, cluster: str, method: str, path: str, seconds: float) -> None:
        """Counts a request that was answered, or was not."""
        total = self.totals.setdefault(Key(cluster, asked_for.get(), kind_of(path), method.lower()), Total())
        total.count += 1
        total.elapsed_ms += seconds * 1000


def kind_of(path: str) -> str:
    """The plural of the type that a path is about, "" for one that is about none.

    `/api/v1/namespaces/shop/pods/web` is about pods, `/api/v1/namespaces/shop` about namespaces.
    """
    parts = path.split("/")
    at = _TYPE_AT.get(parts[1] if len(parts) > 1 else "", len(parts))
    rest = parts[at:]
    if len(rest) > 2 and rest[0] == _NAMESPACES:  # noqa: PLR2004 - a namespace, and what is in it
        return rest[2]
    return rest[0] if rest else ""


class _Counting:
    """Where requests are counted."""

    tally: Tally | None = None


def count() -> Tally:
    """From now on the requests of this process are counted; the same tally for whoever calls."""
    _Counting.tally = _Counting.tally or Tally()
    return _Counting.tally


def note(cluster: str, method: str, path: str, seconds: float) -> None:
    """Counts a request, where requests are counted."""
    if _Counting.tally is not None:
        _Counting.tally.note(cluster, method, path, seconds)
