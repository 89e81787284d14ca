"""`mtc get`: objects of the toolkit on all clusters."""

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mtc.cli import _look

if TYPE_CHECKING:
    from mtc.look.kinds import Kind
    from mtc.look.sites import Site, Sites

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
        kind: Annotated[str | None, typer.Argument(help="Kind, such as migplan, backup or pvb; without it all kinds.")] = None,
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

        chosen = [kinds.parse(kind)] if kind else list(kinds.KINDS)
        wanted = parse(output)
        wide = wanted.form is Form.WIDE
        if watch and (kind is None or not wanted.is_table):
            msg = "needs a kind, and shows tables only"
            raise typer.BadParameter(msg, param_hint="--watch")

        async def work(sites: "Sites") -> None:
            if wanted.is_table:
                shown = await _tables(sites, chosen, name or "", namespace, selector, wide=wide)
                if watch:
                    await _changes(sites, chosen[0], name or "", namespace, selector, shown, wide=wide)
            else:
                await _objects(sites, chosen, name or "", namespace, selector, wanted)

        _look.run(work, kubeconfig=kubeconfig, context=context, namespace=namespace, cluster=cluster)


async def _tables(sites: "Sites", chosen: list["Kind"], name: str, namespace: str, selector: str, *, wide: bool) -> set[tuple[str, ...]]:
    """Prints them; cluster and name of each object that was shown."""
    import asyncio

    from mtc.look import tables

    async def of_kind(kind: "Kind") -> "tables.Table | None":
        found = await sites.with_kind(kind.type).each(
            lambda site: tables.of_site(site, kind.type, namespace=namespace, name=name, label_selector=selector, wide=wide)
        )
        return tables.together(table for _, table in found if table is not None)

    shown: set[tuple[str, ...]] = set()
    for kind, table in zip(chosen, await asyncio.gather(*map(of_kind, chosen)), strict=True):
        if table is None:
            continue
        if len(chosen) > 1:
            typer.echo(f"{chr(10) if shown else ''}{kind.type.kind}: {kind.meaning}")
        typer.echo(table.text(width=_look.width()))
        shown |= {row[:2] for row in table.rows}
    if not shown:
        _nothing(sites, chosen, name, namespace)
    return shown


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


async def _changes(
    sites: "Sites", kind: "Kind", name: str, namespace: str, selector: str, shown: set[tuple[str, ...]], *, wide: bool
) -> None:
    """Rows of objects as they change, until interrupted."""
    import asyncio

    from mtc.kube import watch
    from mtc.look import tables

    async def of_site(site: "Site") -> None:
        async for event in watch.watch(site.client, kind.type, namespace=namespace, label_selector=selector, metadata_only=True):
            if event.type == "LOST" and not event.is_known:
                typer.echo(f"mtc: cluster {site.name}: {event.error} Trying again.", err=True)
            changed = event.object["metadata"]["name"] if event.object else ""
            if not changed or (name and changed != name):
                continue
            if (site.name, changed) in shown:
                # The list that a watch begins with has it once more.
                shown.discard((site.name, changed))
            elif event.type == "DELETED":
                typer.echo(f"{site.name}   {changed}   deleted")
            else:
                table = await tables.of_site(site, kind.type, namespace=namespace, name=changed, wide=wide)
                for row in table.rows if table else ():
                    typer.echo("   ".join(row).rstrip())

    async with asyncio.TaskGroup() as group:
        for site in sites.with_kind(kind.type).all:
            group.create_task(of_site(site))
