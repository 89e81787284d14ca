"""`mtc get`: objects of the toolkit on all clusters."""

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mtc.cli import _look

if TYPE_CHECKING:
    from mtc.look.kinds import Kind
    from mtc.look.sites import Site, Sites
    from mtc.look.tables import Table

SECTION = "See what there is"


class Form(enum.StrEnum):
    """How objects are shown."""

    TABLE = "table"
    WIDE = "wide"
    JSON = "json"
    YAML = "yaml"
    NAME = "name"
    JSONPATH = "jsonpath"
    COLUMNS = "custom-columns"


#: The word for every kind, as in kubectl.
_EVERY = "all"
#: Those that are followed by `=` and what is wanted.
_PICKING = frozenset({Form.JSONPATH, Form.COLUMNS})
_FORMS = "table, wide, json, yaml, name, jsonpath='{.items[*].metadata.name}' or custom-columns=NAME:.metadata.name"


@dataclass(frozen=True)
class Output:
    """What `-o` says: a form, and for some forms what is picked."""

    form: Form
    pick: str = ""

    @property
    def is_table(self) -> bool:
        """Whether the servers' own columns are shown."""
        return self.form in {Form.TABLE, Form.WIDE}


def parse(text: str) -> Output:
    """The meaning of the option. Raises typer.BadParameter."""
    word, equals, pick = text.partition("=")
    if word in set(Form) and (word in _PICKING) == bool(equals and pick):
        return Output(Form(word), pick)
    msg = f"{text!r} is none of {_FORMS}"
    raise typer.BadParameter(msg, param_hint="--output")


def register(top: typer.Typer) -> None:
    """Adds the verb."""

    @top.command()
    def get(
        kind: Annotated[
            str | None, typer.Argument(help="Kind, such as migplan, backup or pvb; all kinds with `all` or without it.")
        ] = None,
        name: Annotated[str | None, typer.Argument(help="Name of one object.")] = None,
        *,
        output: Annotated[str, typer.Option("--output", "-o", help=f"Form of the output: {_FORMS}.")] = Form.TABLE.value,
        selector: Annotated[str, typer.Option("--selector", "-l", help="Only objects with these labels, as in kubectl.")] = "",
        watch: Annotated[bool, typer.Option("--watch", "-w", help="Go on and show each object that changes.")] = False,
        cluster: _look.Cluster = None,
        kubeconfig: _look.Kubeconfig = None,
        context: _look.Context = None,
        namespace: _look.Namespace = _look.TOOLKIT,
    ) -> None:
        """List objects of the toolkit on all clusters that the host's MigClusters lead to.

        Exits with 1 when there is no object of that name, with 3 when a cluster could not be asked.
        """
        from mtc.look import kinds

        is_every = kind is None or kind.lower() == _EVERY
        chosen = list(kinds.KINDS) if kind is None or is_every else [kinds.parse(kind)]
        wanted = parse(output)
        wide = wanted.form is Form.WIDE
        if watch and (is_every or not wanted.is_table):
            msg = "needs a kind, and shows tables only"
            raise typer.BadParameter(msg, param_hint="--watch")

        async def work(sites: "Sites") -> None:
            if wanted.is_table:
                tables = await _tables(sites, chosen, name or "", namespace, selector, wide=wide)
                if watch:
                    await _changes(sites, chosen[0], name or "", namespace, selector, tables[0], wide=wide)
            else:
                await _objects(sites, chosen, name or "", namespace, selector, wanted)

        _look.run(work, kubeconfig=kubeconfig, context=context, namespace=namespace, cluster=cluster)


async def _tables(sites: "Sites", chosen: list["Kind"], name: str, namespace: str, selector: str, *, wide: bool) -> "list[Table | None]":
    """Prints a table for each kind; None where there is nothing to show."""
    import asyncio

    from mtc.look import tables

    async def of_kind(kind: "Kind") -> "Table | None":
        found = await sites.with_kind(kind.type).each(
            lambda site: tables.of_site(site, kind.type, namespace=namespace, name=name, label_selector=selector, wide=wide)
        )
        return tables.together(table for _, table in found if table is not None)

    found = await asyncio.gather(*map(of_kind, chosen))
    shown = [(kind, table) for kind, table in zip(chosen, found, strict=True) if table is not None]
    for number, (kind, table) in enumerate(shown):
        if len(chosen) > 1:
            typer.echo(f"{chr(10) if number else ''}{kind.type.kind}: {kind.meaning}")
        typer.echo(table.text(width=_look.width()))
    if not shown:
        _nothing(sites, chosen, name, namespace)
    return found


async def _objects(sites: "Sites", chosen: list["Kind"], name: str, namespace: str, selector: str, output: Output) -> None:
    import asyncio

    from mtc.look import picked

    async def of_site(site: "Site", kind: "Kind") -> list[dict[str, Any]]:
        if name:
            item = await site.client.find(kind.type, name, namespace=namespace)
            found = [] if item is None else [item]
        else:
            found = await site.client.list_all(kind.type, namespace=namespace, label_selector=selector)
        return [_plain(site.name, item) for item in found]

    lists = await asyncio.gather(*(sites.with_kind(kind.type).each(lambda site, kind=kind: of_site(site, kind)) for kind in chosen))  # type: ignore[misc]
    items = [item for found in lists for _, of_one in found for item in of_one]
    if name and not items:
        _nothing(sites, chosen, name, namespace)
    one = items[0] if name and len(items) == 1 else {"apiVersion": "v1", "kind": "List", "items": items}
    if output.form is Form.NAME:
        for item in items:
            group = item["apiVersion"].split("/")[0]
            typer.echo(f"{item['kind'].lower()}.{group}/{item['metadata']['name']}")
    elif output.form is Form.JSONPATH:
        # Without a newline of ours, as kubectl does it: the template has those that are wanted.
        typer.echo(picked.text(output.pick, one), nl=False)
    elif output.form is Form.COLUMNS:
        typer.echo(picked.columns(output.pick, items).text())
    else:
        typer.echo(_look.dump(one, output.form.value))


def _plain(cluster: str, item: dict[str, Any]) -> dict[str, Any]:
    """The object as a person wrote and the toolkit completed it, with the cluster beside it."""
    meta = {key: value for key, value in item["metadata"].items() if key != "managedFields"}
    return {"cluster": cluster, **item, "metadata": meta}


def _nothing(sites: "Sites", chosen: list["Kind"], name: str, namespace: str) -> None:
    """A list without objects is an answer; a name that nothing has is an error."""
    from mtc.look import kinds

    where = sites.where(namespace)
    if name:
        raise kinds.missing(chosen, name, where)
    typer.echo(f"There is no {chosen[0].type.kind if len(chosen) == 1 else kinds.ANY} in {where}.", err=True)


class _Below:
    """Rows that come later, in the columns of the first table."""

    def __init__(self, first: "Table | None") -> None:
        self._first = first
        self.shown = {row[:2] for row in first.rows} if first else set()

    def show(self, table: "Table") -> None:
        """Prints the rows; above the very first one the names of the columns."""
        from mtc.look import tables

        both = tables.together([self._first, table] if self._first else [table])
        if both is not None:
            lines = both.text(width=_look.width()).splitlines()
            typer.echo("\n".join(lines[-len(table.rows) :] if self._first else lines))
            self._first = self._first or table

    def forget(self, cluster: str) -> None:
        """Prints what was in the first table, and has not been seen since, as gone."""
        for place, name in sorted(row for row in self.shown if row[0] == cluster):
            self.shown.discard((place, name))
            self.deleted(place, name)

    def deleted(self, cluster: str, name: str) -> None:
        """Prints that an object is gone."""
        from mtc.look import tables

        columns = self._first.columns if self._first else (tables.CLUSTER, "Name", "")
        self.show(tables.Table(columns[:3], ((cluster, name, "deleted")[: len(columns)],)))


async def _changes(sites: "Sites", kind: "Kind", name: str, namespace: str, selector: str, first: "Table | None", *, wide: bool) -> None:
    """Rows of objects as they change, below those of the first table, until interrupted."""
    import asyncio

    from mtc.kube import watch
    from mtc.look import tables

    below = _Below(first)

    async def of_site(site: "Site") -> None:
        async for event in watch.watch(site.client, kind.type, namespace=namespace, label_selector=selector, metadata_only=True):
            if event.type == "LOST" and not event.is_known:
                typer.echo(f"mtc: cluster {site.name}: {event.error} Trying again.", err=True)
            if event.type == "SYNCED":
                # What the first table has and this list has not was deleted in between.
                below.forget(site.name)
            changed = event.object["metadata"]["name"] if event.object else ""
            if not changed or (name and changed != name):
                continue
            if (site.name, changed) in below.shown:
                # The list that a watch begins with has it once more.
                below.shown.discard((site.name, changed))
            elif event.type == "DELETED":
                below.deleted(site.name, changed)
            elif table := await tables.of_site(site, kind.type, namespace=namespace, name=changed, wide=wide):
                below.show(table)

    async with asyncio.TaskGroup() as group:
        for site in sites.with_kind(kind.type).all:
            group.create_task(of_site(site))
