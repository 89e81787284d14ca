"""`mtc restore`: Restores of the engine alone: create, get, describe, logs, delete."""

import enum
from typing import TYPE_CHECKING, Annotated

import typer

from mtc.cli import _declare, _engine, _options

if TYPE_CHECKING:
    from mtc.kube.client import Client

SECTION = "Engine alone"

app = typer.Typer(name="restore", help="Restores of the engine alone.", no_args_is_help=True, rich_markup_mode=None)


class Existing(enum.StrEnum):
    """What happens to objects that are there already."""

    NONE = "none"
    UPDATE = "update"


@app.command()
def create(
    name: Annotated[str | None, typer.Argument(help="Name; else that of what is restored, with the time.", show_default=False)] = None,
    *,
    from_backup: Annotated[str, typer.Option(help="Backup to restore.")] = "",
    from_schedule: Annotated[str, typer.Option(help="Schedule whose newest Backup is restored.")] = "",
    include_namespaces: _engine.IncludeNamespaces = None,
    exclude_namespaces: _engine.ExcludeNamespaces = None,
    include_resources: _engine.IncludeResources = None,
    exclude_resources: _engine.ExcludeResources = None,
    include_cluster_resources: _engine.IncludeCluster = None,
    selector: _engine.ObjectSelector = "",
    or_selector: _engine.OrSelector = "",
    namespace_mappings: Annotated[str, typer.Option(help="Namespaces that get another name: old:new,…")] = "",
    existing_resource_policy: Annotated[
        Existing | None, typer.Option(help="What happens to objects that are there: none leaves them, update changes them.")
    ] = None,
    preserve_nodeports: Annotated[
        bool | None, typer.Option("--preserve-nodeports/--no-preserve-nodeports", help="Services keep their node ports.")
    ] = None,
    labels: _engine.Labels = "",
    annotations: _engine.Annotations = "",
    wait: _engine.Wait = False,
    timeout: _engine.Timeout = "0",
    output: _engine.CreateOutput = None,
    cluster: _engine.Cluster = None,
    kubeconfig: _options.Kubeconfig = None,
    context: _options.Context = None,
    namespace: _options.Namespace = _options.TOOLKIT,
) -> None:
    """Make the objects of a backup, and the data of its volumes, on this cluster."""
    from datetime import UTC, datetime

    from mtc.act import engine
    from mtc.kube import resources

    chosen = _engine.filters(
        include_namespaces, exclude_namespaces, include_resources, exclude_resources, include_cluster_resources, selector, or_selector
    )
    wish = engine.RestoreWish(
        backup=from_backup,
        schedule=from_schedule,
        filters=chosen,
        mapping=namespace_mappings,
        existing=existing_resource_policy.value if existing_resource_policy else "",
        node_ports=preserve_nodeports,
    )
    wanted = engine.restore(name or "", namespace, wish, engine.Marks(labels=labels, annotations=annotations), now=datetime.now(UTC))

    async def work(client: "Client") -> int:
        if not await _engine.create(client, resources.RESTORES, wanted, output) or not wait:
            return 0
        return await _engine.ended(
            client, resources.RESTORES, wanted["metadata"]["name"], namespace=namespace, timeout_s=_declare.seconds(timeout)
        )

    _engine.on_cluster(work, _options.Way(kubeconfig, context, namespace), cluster)


@app.command()
def get(
    names: _engine.Names = None,
    *,
    selector: _engine.Selector = "",
    output: _engine.Output = _options.Data.TEXT,
    cluster: _engine.Cluster = None,
    kubeconfig: _options.Kubeconfig = None,
    context: _options.Context = None,
    namespace: _options.Namespace = _options.TOOLKIT,
) -> None:
    """List restores, the newest first."""
    from mtc.kube import resources

    _engine.get(resources.RESTORES, names, selector, output, _options.Way(kubeconfig, context, namespace), cluster)


@app.command()
def describe(
    names: _engine.Names = None,
    *,
    selector: _engine.Selector = "",
    details: _engine.Details = False,
    cacert: _engine.CaFile = None,
    insecure_skip_tls_verify: _engine.Insecure = False,
    output: _engine.Output = _options.Data.TEXT,
    cluster: _engine.Cluster = None,
    kubeconfig: _options.Kubeconfig = None,
    context: _options.Context = None,
    namespace: _options.Namespace = _options.TOOLKIT,
) -> None:
    """Show restores with all that is known of them."""
    from mtc.act import finished
    from mtc.kube import resources

    async def work(client: "Client") -> int:
        found = await _engine.chosen(client, resources.RESTORES, names or [], selector, namespace=namespace)
        if output is not _options.Data.TEXT:
            return await _engine.listed(client, resources.RESTORES, found, output)
        for item in found:
            name = item["metadata"]["name"]
            await _engine.described(client, resources.RESTORES, name, namespace=namespace)
            if details and finished.is_finished(item):
                await _engine.results(
                    client, "RestoreResults", name, namespace=namespace, ca_file=cacert, insecure=insecure_skip_tls_verify
                )
        return 0

    _engine.on_cluster(work, _options.Way(kubeconfig, context, namespace), cluster)


@app.command()
def logs(
    name: Annotated[str, typer.Argument(help="Name of the Restore.", show_default=False)],
    *,
    cacert: _engine.CaFile = None,
    insecure_skip_tls_verify: _engine.Insecure = False,
    cluster: _engine.Cluster = None,
    kubeconfig: _options.Kubeconfig = None,
    context: _options.Context = None,
    namespace: _options.Namespace = _options.TOOLKIT,
) -> None:
    """Print the log of a restore that has ended, from the bucket."""
    from mtc.kube import resources

    async def work(client: "Client") -> int:
        return await _engine.log(
            client, "RestoreLog", resources.RESTORES, name, namespace=namespace, ca_file=cacert, insecure=insecure_skip_tls_verify
        )

    _engine.on_cluster(work, _options.Way(kubeconfig, context, namespace), cluster)


@app.command()
def delete(
    names: _engine.Names = None,
    *,
    selector: _engine.Selector = "",
    every: _engine.All = False,
    yes: _engine.Yes = False,
    cluster: _engine.Cluster = None,
    kubeconfig: _options.Kubeconfig = None,
    context: _options.Context = None,
    namespace: _options.Namespace = _options.TOOLKIT,
) -> None:
    """Delete restores; what they made stays."""
    from mtc.kube import resources

    way = _options.Way(kubeconfig, context, namespace)
    _engine.delete(resources.RESTORES, names, selector, way, cluster, every=every, yes=yes)
