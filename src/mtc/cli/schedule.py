"""`mtc schedule`: Schedules of the engine alone: create, get, describe, pause, unpause, delete."""

from typing import TYPE_CHECKING, Annotated

import typer

from mtc.cli import _engine, _options
from mtc.words import _

if TYPE_CHECKING:
    from mtc.kube.client import Client

SECTION = "Engine alone"

app = typer.Typer(name="schedule", help="Schedules of the engine alone.", no_args_is_help=True, rich_markup_mode=None)

_Name = Annotated[str, typer.Argument(help="Name of the Schedule.", show_default=False)]


@app.command()
def create(
    name: _Name,
    *,
    schedule: Annotated[str, typer.Option(help="When: five fields of cron in UTC, or such as @daily or '@every 6h'.")],
    paused: Annotated[bool, typer.Option("--paused", help="Make no backups for now.")] = False,
    use_owner_references_in_backup: Annotated[
        bool, typer.Option("--use-owner-references-in-backup", help="Backups go when the Schedule is deleted.")
    ] = False,
    include_namespaces: _engine.IncludeNamespaces = None,
    exclude_namespaces: _engine.ExcludeNamespaces = None,
    include_resources: _engine.IncludeResources = None,
    exclude_resources: _engine.ExcludeResources = None,
    include_cluster_resources: _engine.IncludeCluster = None,
    selector: _engine.ObjectSelector = "",
    or_selector: _engine.OrSelector = "",
    include_cluster_scoped_resources: _engine.IncludeClusterScoped = None,
    exclude_cluster_scoped_resources: _engine.ExcludeClusterScoped = None,
    include_namespace_scoped_resources: _engine.IncludeNamespaceScoped = None,
    exclude_namespace_scoped_resources: _engine.ExcludeNamespaceScoped = None,
    ttl: _engine.Ttl = "",
    storage_location: _engine.StorageLocation = "",
    default_volumes_to_fs_backup: _engine.FilesOfVolumes = None,
    labels: _engine.Labels = "",
    annotations: _engine.Annotations = "",
    output: _engine.CreateOutput = None,
    cluster: _engine.Cluster = None,
    kubeconfig: _options.Kubeconfig = None,
    context: _options.Context = None,
    namespace: _options.Namespace = _options.TOOLKIT,
) -> None:
    """Back up again and again."""
    from mtc.act import engine
    from mtc.kube import resources

    chosen = _engine.filters(
        include_namespaces, exclude_namespaces, include_resources, exclude_resources, include_cluster_resources, selector, or_selector
    )
    scoped = _engine.scoped(
        include_cluster_scoped_resources,
        exclude_cluster_scoped_resources,
        include_namespace_scoped_resources,
        exclude_namespace_scoped_resources,
    )
    wish = engine.BackupWish(filters=chosen, scoped=scoped, ttl=ttl, location=storage_location, fs_backup=default_volumes_to_fs_backup)
    marks = engine.Marks(labels=labels, annotations=annotations)
    wanted = engine.schedule(name, namespace, cron=schedule, wish=wish, marks=marks, paused=paused, owner=use_owner_references_in_backup)

    async def work(client: "Client") -> int:
        await _engine.create(client, resources.SCHEDULES, wanted, output)
        return 0

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
    """List schedules, the newest first."""
    from mtc.kube import resources

    _engine.get(resources.SCHEDULES, names, selector, output, _options.Way(kubeconfig, context, namespace), cluster)


@app.command()
def describe(
    name: _Name,
    *,
    cluster: _engine.Cluster = None,
    kubeconfig: _options.Kubeconfig = None,
    context: _options.Context = None,
    namespace: _options.Namespace = _options.TOOLKIT,
) -> None:
    """Show a schedule with all that is known of it."""
    from mtc.kube import resources

    async def work(client: "Client") -> int:
        await _engine.described(client, resources.SCHEDULES, name, namespace=namespace)
        return 0

    _engine.on_cluster(work, _options.Way(kubeconfig, context, namespace), cluster)


@app.command()
def pause(
    name: _Name,
    *,
    cluster: _engine.Cluster = None,
    kubeconfig: _options.Kubeconfig = None,
    context: _options.Context = None,
    namespace: _options.Namespace = _options.TOOLKIT,
) -> None:
    """Make no backups until it is unpaused."""
    _paused(name, _options.Way(kubeconfig, context, namespace), cluster, paused=True)


@app.command()
def unpause(
    name: _Name,
    *,
    cluster: _engine.Cluster = None,
    kubeconfig: _options.Kubeconfig = None,
    context: _options.Context = None,
    namespace: _options.Namespace = _options.TOOLKIT,
) -> None:
    """Make backups again."""
    _paused(name, _options.Way(kubeconfig, context, namespace), cluster, paused=False)


def _paused(name: str, way: _options.Way, cluster: str | None, *, paused: bool) -> None:
    from mtc.kube import resources

    async def work(client: "Client") -> int:
        await client.patch(resources.SCHEDULES, name, {"spec": {"paused": paused}}, namespace=way.namespace)
        text = _("Schedule {name} is paused.") if paused else _("Schedule {name} makes backups again.")
        typer.echo(text.format(name=name))
        return 0

    _engine.on_cluster(work, way, cluster)


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
    """Delete schedules; Backups that they do not own stay."""
    from mtc.kube import resources

    way = _options.Way(kubeconfig, context, namespace)
    _engine.delete(resources.SCHEDULES, names, selector, way, cluster, every=every, yes=yes)
