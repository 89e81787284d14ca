"""Tables of objects of several clusters: the columns that the API servers themselves print, with one for the cluster before them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from mtc.kube import codec
from mtc.kube import errors as kube_errors
from mtc.kube.resources import ResourceType
from mtc.look.sites import Site

_AS_TABLE = {"Accept": "application/json;as=Table;g=meta.k8s.io;v=v1,application/json"}
_PAGE = 500
_GAP = 3
#: A column is not made narrower than this to fit a terminal.
_NARROWEST = 10
#: Cluster and name are shown whole.
_ALWAYS = 2
CLUSTER = "Cluster"


@dataclass(frozen=True)
class Table:
    """Rows of text below the names of their columns."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def text(self, *, width: int | None = None, whole: int = _ALWAYS) -> str:
        """Lines as kubectl prints them; with a width, columns are shortened, and left out at the end, until lines fit.

        The first `whole` columns are never shortened, because names are in them: people copy them.
        """
        lines = [tuple(name.upper() for name in self.columns), *self.rows]
        widths = _fitting([max(len(line[column]) for line in lines) for column in range(len(self.columns))], width, whole)
        gap = " " * _GAP
        return "\n".join(
            gap.join(_cut(cell, size).ljust(size) for cell, size in zip(line, widths, strict=False)).rstrip() for line in lines
        )


async def of_site(
    site: Site, kind: ResourceType, *, namespace: str, name: str = "", label_selector: str = "", wide: bool = False
) -> Table | None:
    """The objects of one cluster; None when it does not serve the kind or has not the object."""
    path = kind.path(namespace=namespace, name=name or None)
    params = {} if name else {"limit": str(_PAGE), **({"labelSelector": label_selector} if label_selector else {})}
    columns: tuple[str, ...] = ()
    rows: list[tuple[str, ...]] = []
    while True:
        try:
            data = await site.client.transport.request("GET", path, params=params, headers=_AS_TABLE)
        except (kube_errors.NotFound, kube_errors.NotServed):
            return None
        answer = codec.loads(data)
        defined = answer.get("columnDefinitions") or []
        shown = [index for index, column in enumerate(defined) if wide or not column.get("priority")]
        columns = (CLUSTER, *(str(defined[index]["name"]) for index in shown))
        rows += [(site.name, *(_cell(row["cells"][index]) for index in shown)) for row in answer.get("rows") or []]
        more = (answer.get("metadata") or {}).get("continue")
        if not more:
            return Table(columns, tuple(rows))
        params["continue"] = more


def together(tables: Iterable[Table]) -> Table | None:
    """One table of several; columns that only some clusters have are empty for the others. None when no table has a row."""
    filled = [table for table in tables if table.rows]
    if not filled:
        return None
    columns = tuple(dict.fromkeys(name for table in filled for name in table.columns))
    return Table(columns, tuple(_row(columns, table.columns, row) for table in filled for row in table.rows))


def _row(columns: Sequence[str], own: Sequence[str], row: Sequence[str]) -> tuple[str, ...]:
    cells = dict(zip(own, row, strict=True))
    return tuple(cells.get(name, "") for name in columns)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else " ".join(str(value).split())


def _fitting(widths: list[int], limit: int | None, whole: int) -> list[int]:
    """Widths of the columns that are shown."""
    if not limit:
        return widths
    least = [width if column < whole else min(width, _NARROWEST) for column, width in enumerate(widths)]
    count = len(widths)
    while count > whole and _total(least[:count]) > limit:
        count -= 1
    shown = widths[:count]
    while _total(shown) > limit and shown != least[:count]:
        widest = max(range(whole, count), key=lambda column: shown[column] - least[column] and shown[column])
        shown[widest] -= 1
    return shown


def _total(widths: list[int]) -> int:
    return sum(widths) + _GAP * (len(widths) - 1)


def _cut(text: str, size: int) -> str:
    return text if len(text) <= size else f"{text[: size - 1]}…"
