"""What the verbs for the engine alone share: their options, and the lists, descriptions, logs and deletions of its objects."""

import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mtc.cli import _act, _declare, _look, _options
from mtc.words import _, ngettext

if TYPE_CHECKING:
    from mtc.act.engine import Filters, Scoped
    from mtc.kube.client import Client, Object
    from mtc.kube.resources import ResourceType

Cluster = Annotated[str | None, typer.Option(help="On this cluster, by the name of its MigCluster; else on the one of the kubeconfig.")]
Names = Annotated[list[str] | None, typer.Argument(help="Names; without any, all.", show_default=False)]
Selector = Annotated[str, typer.Option("--selector", "-l", help="Only those with these labels.")]
All = Annotated[bool, typer.Option("--all", help="All of them.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", "--confirm", help="Do not ask.")]
IncludeNamespaces = Annotated[list[str] | None, typer.Option(help="Only these namespaces, separated by commas.")]
ExcludeNamespaces = Annotated[list[str] | None, typer.Option(help="All namespaces but these.")]
IncludeResources = Annotated[list[str] | None, typer.Option(help="Only these resources, such as deployments.apps.")]
ExcludeResources = Annotated[list[str] | None, typer.Option(help="All resources but these.")]
IncludeCluster = Annotated[
    bool | None,
    typer.Option(
        "--include-cluster-resources/--no-include-cluster-resources",
        help="Resources without namespace; else those that belong to the rest.",
    ),
]
ObjectSelector = Annotated[str, typer.Option("--selector", "-l", help="Only objects with these labels, such as app=web,tier!=cache.")]
OrSelector = Annotated[str, typer.Option(help="Only objects that one of these selects: a=b or c=d.")]
Labels = Annotated[str, typer.Option(help="Labels of the object itself, as key=value,…")]
Annotations = Annotated[str, typer.Option(help="Annotations of the object itself, as key=value,…")]
Wait = Annotated[bool, typer.Option("--wait", "-w", help="Wait for its end, and exit with 0 completed, 3 with warnings, 1 otherwise.")]
Timeout = Annotated[str, typer.Option(callback=_options.duration, help="Wait no longer than this; then exit with 4. 0 is for ever.")]
CaFile = Annotated[str | None, typer.Option("--cacert", help="File with the PEM certificates of the storage.")]
Insecure = Annotated[bool, typer.Option("--insecure-skip-tls-verify", help="Do not check the certificate of the storage.")]
Output = Annotated[_options.Data, typer.Option("--output", "-o", help="Form of the output.")]
#: `-o yaml` of a verb that creates prints what it would create, as velero does.
CreateOutput = Annotated[_declare.Form | None, typer.Option("--output", "-o", help="Print what would be made, and make nothing.")]


IncludeClusterScoped = Annotated[list[str] | None, typer.Option(help="Only these resources without namespace.")]
ExcludeClusterScoped = Annotated[list[str] | None, typer.Option(help="All resources without namespace but these.")]
IncludeNamespaceScoped = Annotated[list[str] | None, typer.Option(help="Only these resources in namespaces.")]
ExcludeNamespaceScoped = Annotated[list[str] | None, typer.Option(help="All resources in namespaces but these.")]
Ttl = Annotated[str, typer.Option(help="How long it is kept, such as 720h.")]
StorageLocation = Annotated[str, typer.Option(help="BackupStorageLocation; else the default one.")]
FilesOfVolumes = Annotated[
    bool | None,
    typer.Option(
        "--default-volumes-to-fs-backup/--no-default-volumes-to-fs-backup",
        help="Files of all pod volumes, not only of those that pods name.",
    ),
]
Details = Annotated[bool, typer.Option("--details", help="With the texts of errors and warnings, from the bucket.")]


def split(values: Sequence[str] | None) -> tuple[str, ...]:
    """Values that may be separated by commas, given again, or both."""
    return tuple(part.strip() for value in values or () for part in value.split(",") if part.strip())


def filters(
    include_namespaces: list[str] | None,
    exclude_namespaces: list[str] | None,
    include_resources: list[str] | None,
    exclude_resources: list[str] | None,
    include_cluster_resources: bool | None,  # noqa: FBT001 - as typer gives it
    selector: str,
    or_selector: str,
) -> "Filters":
    """The filters that were typed."""
    from mtc.act.engine import Filters

    return Filters(
        include_namespaces=split(include_namespaces),
        exclude_namespaces=split(exclude_namespaces),
        include_resources=split(include_resources),
        exclude_resources=split(exclude_resources),
        include_cluster_resources=include_cluster_resources,
        selector=selector,
        or_selector=or_selector,
    )


def scoped(
    include_cluster: list[str] | None,
    exclude_cluster: list[str] | None,
    include_namespaced: list[str] | None,
    exclude_namespaced: list[str] | None,
) -> "Scoped":
    """The filters by scope that were typed."""
    from mtc.act.engine import Scoped

    return Scoped(
        include_cluster=split(include_cluster),
        exclude_cluster=split(exclude_cluster),
        include_namespaced=split(include_namespaced),
        exclude_namespaced=split(exclude_namespaced),
    )


def on_cluster(work: "Callable[[Client], Awaitable[int]]", way: _options.Way, cluster: str | None) -> None:
    """Does work on the cluster of the kubeconfig, or on one that its MigClusters lead to; ends with the code that it gives."""
    if cluster is None:
        _look.on_host(work, way)
        return

    async def there(sites: Any) -> int:
        return await work(sites.host.client)

    code = _look.run(there, kubeconfig=way.kubeconfig, context=way.context, namespace=way.namespace, cluster=cluster, lenient=True)
    if code:
        raise typer.Exit(code)


async def create(client: "Client", kind: "ResourceType", wanted: "Object", output: _declare.Form | None) -> bool:
    """Makes an object, or prints it; whether it was made."""
    from mtc.act import errors
    from mtc.kube import errors as kube_errors

    if output is not None:
        _declare.print_manifests([wanted], output)
        return False
    try:
        await client.create(kind, wanted)
    except kube_errors.AlreadyExists:
        msg = f"There is a {kind.kind} {wanted['metadata']['name']} in namespace {wanted['metadata']['namespace']} already. Choose another name."
        raise errors.NotPossible(msg) from None
    typer.echo(_("{kind} {name} is created.").format(kind=kind.kind, name=wanted["metadata"]["name"]))
    return True


async def ended(client: "Client", kind: "ResourceType", name: str, *, namespace: str, timeout_s: float | None) -> int:
    """Waits for the end of a Backup or Restore and tells how it goes; the exit code."""
    from mtc.act import finished
    from mtc.act.following import interruptible

    told = ""

    def tell(item: "Object") -> None:
        nonlocal told
        if (text := finished.progress(item)) and text != told:
            told = text
            typer.echo(text)

    def goes_on() -> str:
        text = _("{kind} {name} goes on in the cluster. `mtc get {kinds} {name}` shows it.")
        return text.format(kind=kind.kind, name=name, kinds=kind.kind.lower())

    with interruptible(goes_on):
        item = await finished.wait(client, kind, name, finished.is_finished, namespace=namespace, timeout_s=timeout_s, tell=tell)
    typer.echo(finished.text(item))
    return finished.code(item)


async def chosen(client: "Client", kind: "ResourceType", names: Sequence[str], selector: str, *, namespace: str) -> "list[Object]":
    """The objects that are meant. Raises NotFound of the name that does not exist."""
    if names:
        return [await client.get(kind, name, namespace=namespace) for name in names]
    return await client.list_all(kind, namespace=namespace, label_selector=selector)


async def listed(client: "Client", kind: "ResourceType", items: "Sequence[Object]", output: _options.Data) -> int:
    """Prints objects as a table or as data."""
    from datetime import UTC, datetime

    from mtc.act import selectors
    from mtc.look import engine_tables

    if output is not _options.Data.TEXT:
        plain = [{**item, "metadata": {key: value for key, value in item["metadata"].items() if key != "managedFields"}} for item in items]
        typer.echo(_look.dump({"apiVersion": "v1", "kind": "List", "items": plain}, output.value))
    elif items:
        table = engine_tables.table(kind, items, selector=selectors.text, now=datetime.now(UTC))
        typer.echo(table.text(width=_look.width(), whole=1))
    else:
        typer.echo(_("There is no {kind} on cluster {cluster}.").format(kind=kind.kind, cluster=client.name), err=True)
    return 0


def get(
    kind: "ResourceType", names: Sequence[str] | None, selector: str, output: _options.Data, way: _options.Way, cluster: str | None
) -> None:
    """The verb `get` of a kind."""

    async def work(client: "Client") -> int:
        return await listed(client, kind, await chosen(client, kind, names or [], selector, namespace=way.namespace), output)

    on_cluster(work, way, cluster)


def delete(
    kind: "ResourceType", names: Sequence[str] | None, selector: str, way: _options.Way, cluster: str | None, *, every: bool, yes: bool
) -> None:
    """The verb `delete` of a kind whose objects simply go."""
    check_named(names, selector, every=every)

    async def work(client: "Client") -> int:
        for item in await to_delete(client, kind, names or [], selector, every=every, yes=yes, namespace=way.namespace):
            meta = item["metadata"]
            await client.delete(kind, meta["name"], namespace=way.namespace, uid=meta["uid"])
            typer.echo(_("{kind} {name} is deleted.").format(kind=kind.kind, name=meta["name"]))
        return 0

    on_cluster(work, way, cluster)


async def described(client: "Client", kind: "ResourceType", name: str, *, namespace: str) -> None:
    """Prints an object with all that is known of it."""
    from datetime import UTC, datetime

    from mtc.look import describe
    from mtc.look.sites import Site

    found = await describe.read(Site(client.name, client), kind, name, namespace=namespace)
    if found is None:
        await client.get(kind, name, namespace=namespace)
        return
    for line in describe.lines(found, now=datetime.now(UTC)):
        typer.echo(line)


async def results(client: "Client", target: str, name: str, *, namespace: str, ca_file: str | None, insecure: bool) -> None:
    """Prints the warnings and errors that the engine has put into the bucket."""
    from mtc.act import downloads
    from mtc.kube import codec

    url = await downloads.address(client, target, name, namespace=namespace)
    async with downloads.explained(client, target, name, namespace=namespace):
        document = codec.loads(await downloads.read(url, ca_file=ca_file, insecure=insecure) or b"{}")
    for word in ("errors", "warnings"):
        places = dict(document.get(word) or {})
        places |= places.pop("namespaces", {})
        lines = [f"  {place}: {text}" for place, texts in places.items() for text in texts]
        typer.echo(f"{word.capitalize()}: {len(lines) or _('none')}")
        for line in lines:
            typer.echo(line)


async def log(
    client: "Client", target: str, kind: "ResourceType", name: str, *, namespace: str, ca_file: str | None, insecure: bool
) -> int:
    """Prints the log of a Backup or Restore that has ended."""
    from mtc.act import downloads, errors, finished

    item = await client.get(kind, name, namespace=namespace)
    if not finished.is_finished(item):
        state = finished.phase(item) or "New"
        raise errors.NotPossible(
            f"{kind.kind} {name} is {state}: its log is written at its end. `mtc logs {name} -f` shows what is logged now."
        )
    url = await downloads.address(client, target, name, namespace=namespace)
    async with downloads.explained(client, target, name, namespace=namespace):
        sys.stdout.write((await downloads.read(url, ca_file=ca_file, insecure=insecure)).decode(errors="replace"))
    return 0


async def saved(
    client: "Client", target: str, name: str, path: Path, *, namespace: str, ca_file: str | None, insecure: bool, force: bool
) -> int:
    """Writes a file of the bucket into a file here."""
    from mtc.act import downloads, errors
    from mtc.look import progress

    if path.exists() and not force:
        raise errors.NotPossible(f"{path} exists. Give --force to write over it, or --output for another file.")
    url = await downloads.address(client, target, name, namespace=namespace)
    async with downloads.explained(client, target, name, namespace=namespace):
        count = await downloads.save(url, path, ca_file=ca_file, insecure=insecure)
    typer.echo(_("{path}: {size}").format(path=path, size=progress.size(count)))
    return 0


def check_named(names: Sequence[str] | None, selector: str, *, every: bool) -> None:
    """That what is to be deleted is told in one way. Raises typer.BadParameter."""
    if not names and not selector and not every:
        raise typer.BadParameter(_("give names, --selector or --all"), param_hint="names")
    if names and (selector or every):
        raise typer.BadParameter(_("give names, or else --selector or --all: not both"), param_hint="names")


async def to_delete(
    client: "Client", kind: "ResourceType", names: Sequence[str], selector: str, *, every: bool, yes: bool, namespace: str
) -> "list[Object]":
    """What is to be deleted, after the person agreed."""
    check_named(names, selector, every=every)
    found = await chosen(client, kind, names, selector, namespace=namespace)
    if not found:
        typer.echo(_("There is nothing to delete."), err=True)
        return []
    _act.tell([f"  {item['metadata']['name']}" for item in found], quiet=True)
    question = ngettext("Delete this {kind}?", "Delete these {count} {kind}s?", len(found))
    _act.confirm(question.format(kind=kind.kind, count=len(found)), yes=yes)
    return found
