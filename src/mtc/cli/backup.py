"""`mtc backup`: Backups of the engine alone: create, get, describe, logs, download, delete."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mtc.cli import _declare, _engine, _options
from mtc.words import _

if TYPE_CHECKING:
    from mtc.kube.client import Client

SECTION = "Engine alone"

app = typer.Typer(name="backup", help="Backups of the engine alone.", no_args_is_help=True, rich_markup_mode=None)


@app.command()
def create(
    name: Annotated[str | None, typer.Argument(help="Name; else that of the schedule with the time.", show_default=False)] = None,
    *,
    from_schedule: Annotated[str, typer.Option(help="As this Schedule would make it.")] = "",
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
    wait: _engine.Wait = False,
    timeout: _engine.Timeout = "0",
    output: _engine.CreateOutput = None,
    cluster: _engine.Cluster = None,
    kubeconfig: _options.Kubeconfig = None,
    context: _options.Context = None,
    namespace: _options.Namespace = _options.TOOLKIT,
) -> None:
    """Save objects, and volumes where that is asked for, into the bucket."""
    from datetime import UTC, datetime

    from mtc.act import engine, errors
    from mtc.engine import schedules
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

    async def work(client: "Client") -> int:
        if from_schedule:
            found = await client.get(resources.SCHEDULES, from_schedule, namespace=namespace)
            wanted = schedules.backup_of(found, name or engine.stamped(from_schedule, datetime.now(UTC)))
        elif name:
            wanted = engine.backup(name, namespace, wish, marks)
        else:
            raise errors.Incomplete("The name is missing. Give one, or --from-schedule.")
        if not await _engine.create(client, resources.BACKUPS, wanted, output) or not wait:
            return 0
        return await _engine.ended(
            client, resources.BACKUPS, wanted["metadata"]["name"], namespace=namespace, timeout_s=_declare.seconds(timeout)
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
    """List backups, the newest first."""
    from mtc.kube import resources

    _engine.get(resources.BACKUPS, names, selector, output, _options.Way(kubeconfig, context, namespace), cluster)


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
    """Show backups with all that is known of them."""
    from mtc.act import finished
    from mtc.kube import resources

    async def work(client: "Client") -> int:
        found = await _engine.chosen(client, resources.BACKUPS, names or [], selector, namespace=namespace)
        if output is not _options.Data.TEXT:
            return await _engine.listed(client, resources.BACKUPS, found, output)
        for item in found:
            name = item["metadata"]["name"]
            await _engine.described(client, resources.BACKUPS, name, namespace=namespace)
            if details and finished.is_finished(item):
                await _engine.results(client, "BackupResults", name, namespace=namespace, ca_file=cacert, insecure=insecure_skip_tls_verify)
        return 0

    _engine.on_cluster(work, _options.Way(kubeconfig, context, namespace), cluster)


@app.command()
def logs(
    name: Annotated[str, typer.Argument(help="Name of the Backup.", show_default=False)],
    *,
    cacert: _engine.CaFile = None,
    insecure_skip_tls_verify: _engine.Insecure = False,
    cluster: _engine.Cluster = None,
    kubeconfig: _options.Kubeconfig = None,
    context: _options.Context = None,
    namespace: _options.Namespace = _options.TOOLKIT,
) -> None:
    """Print the log of a backup that has ended, from the bucket."""
    from mtc.kube import resources

    async def work(client: "Client") -> int:
        return await _engine.log(
            client, "BackupLog", resources.BACKUPS, name, namespace=namespace, ca_file=cacert, insecure=insecure_skip_tls_verify
        )

    _engine.on_cluster(work, _options.Way(kubeconfig, context, namespace), cluster)


@app.command()
def download(
    name: Annotated[str, typer.Argument(help="Name of the Backup.", show_default=False)],
    *,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="File; else NAME-data.tar.gz here.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over a file that exists.")] = False,
    cacert: _engine.CaFile = None,
    insecure_skip_tls_verify: _engine.Insecure = False,
    cluster: _engine.Cluster = None,
    kubeconfig: _options.Kubeconfig = None,
    context: _options.Context = None,
    namespace: _options.Namespace = _options.TOOLKIT,
) -> None:
    """Write the archive of a backup's objects into a file."""

    async def work(client: "Client") -> int:
        path = output or Path(f"{name}-data.tar.gz")
        return await _engine.saved(
            client, "BackupContents", name, path, namespace=namespace, ca_file=cacert, insecure=insecure_skip_tls_verify, force=force
        )

    _engine.on_cluster(work, _options.Way(kubeconfig, context, namespace), cluster)


@app.command()
def delete(
    names: _engine.Names = None,
    *,
    selector: _engine.Selector = "",
    every: _engine.All = False,
    yes: _engine.Yes = False,
    wait: Annotated[bool, typer.Option("--wait", "-w", help="Wait until they are gone from the bucket.")] = False,
    timeout: _engine.Timeout = "10m",
    cluster: _engine.Cluster = None,
    kubeconfig: _options.Kubeconfig = None,
    context: _options.Context = None,
    namespace: _options.Namespace = _options.TOOLKIT,
) -> None:
    """Delete backups with what they have in the bucket, and the Restores made from them."""
    from mtc.act import deleting
    from mtc.kube import resources

    _engine.check_named(names, selector, every=every)

    async def work(client: "Client") -> int:
        found = await _engine.to_delete(client, resources.BACKUPS, names or [], selector, every=every, yes=yes, namespace=namespace)
        for item in found:
            asked = await deleting.request(client, item)
            typer.echo(_("Deletion of Backup {name} is asked for.").format(name=item["metadata"]["name"]))
            if wait:
                await deleting.wait(client, item, asked, timeout_s=_declare.seconds(timeout))
                typer.echo(_("{kind} {name} is deleted.").format(kind="Backup", name=item["metadata"]["name"]))
        return 0

    _engine.on_cluster(work, _options.Way(kubeconfig, context, namespace), cluster)
