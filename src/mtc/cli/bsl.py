"""`mtc bsl`: storage locations of the engine alone: create, get, set, delete."""

from typing import TYPE_CHECKING, Annotated

import typer

from mtc.cli import _declare, _engine, _options
from mtc.words import _

if TYPE_CHECKING:
    from mtc.kube.client import Client, Object

SECTION = "Engine alone"

app = typer.Typer(name="bsl", help="Storage locations of the engine alone.", no_args_is_help=True, rich_markup_mode=None)

_Name = Annotated[str, typer.Argument(help="Name of the BackupStorageLocation.", show_default=False)]
_Credential = Annotated[str, typer.Option(help="Secret with the cloud file and its key: secret=key.")]
_CaCert = Annotated[str | None, typer.Option("--cacert", help="File with the PEM certificates of the storage.")]
_Default = Annotated[bool, typer.Option("--default", help="Backups that name no location go here.")]


@app.command()
def create(
    name: _Name,
    *,
    provider: Annotated[str, typer.Option(help="aws, azure or gcp.")],
    bucket: Annotated[str, typer.Option(help="Bucket or container.")],
    prefix: Annotated[str, typer.Option(help="Folder in the bucket.")] = "",
    credential: _Credential = "",
    config: Annotated[str, typer.Option(help="Settings of the provider, as key=value,…")] = "",
    cacert: _CaCert = None,
    access_mode: Annotated[str, typer.Option(help="ReadWrite or ReadOnly.")] = "ReadWrite",
    default: _Default = False,
    backup_sync_period: Annotated[str, typer.Option(help="How often the bucket is read.")] = "",
    validation_frequency: Annotated[str, typer.Option(help="How often the location is tried.")] = "",
    labels: _engine.Labels = "",
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Wait until the engine has tried it, and tell what it found.")] = True,
    timeout: _engine.Timeout = "2m",
    output: _engine.CreateOutput = None,
    cluster: _engine.Cluster = None,
    kubeconfig: _options.Kubeconfig = None,
    context: _options.Context = None,
    namespace: _options.Namespace = _options.TOOLKIT,
) -> None:
    """Tell the engine of a bucket, and wait until it has tried it."""
    from mtc.act import engine, errors, finished, secrets
    from mtc.act.following import interruptible
    from mtc.kube import resources

    if access_mode not in {"ReadWrite", "ReadOnly"}:
        raise errors.Incomplete(f"There is no access mode {access_mode!r}. Give ReadWrite or ReadOnly.")
    kind = resources.BACKUP_STORAGE_LOCATIONS
    wanted = engine.location(
        name,
        namespace,
        provider=provider,
        bucket=bucket,
        prefix=prefix,
        credential=credential,
        config=config,
        ca=secrets.encoded(secrets.from_file(cacert, what="The CA")) if cacert else "",
        read_only=access_mode == "ReadOnly",
        is_default=default,
        sync_period=backup_sync_period,
        validation=validation_frequency,
        labels=labels,
    )

    async def work(client: "Client") -> int:
        if not await _engine.create(client, kind, wanted, output) or not wait:
            return 0

        def stays() -> str:
            text = _("BackupStorageLocation {name} stays, and the engine goes on trying it. `mtc bsl get {name}` shows what it found.")
            return text.format(name=name)

        def is_tried(item: "Object") -> bool:
            return bool(finished.phase(item))

        with interruptible(stays):
            found = await finished.wait(client, kind, name, is_tried, namespace=namespace, timeout_s=_declare.seconds(timeout))
        if finished.phase(found) == "Available":
            typer.echo(_("BackupStorageLocation {name} is available.").format(name=name))
            return 0
        why = (found.get("status") or {}).get("message") or _("The engine does not say why.")
        typer.echo(_("BackupStorageLocation {name} is not available: {why}").format(name=name, why=why), err=True)
        return 1

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
    """List storage locations, the newest first."""
    from mtc.kube import resources

    _engine.get(resources.BACKUP_STORAGE_LOCATIONS, names, selector, output, _options.Way(kubeconfig, context, namespace), cluster)


@app.command("set")
def change(
    name: _Name,
    *,
    credential: _Credential = "",
    cacert: _CaCert = None,
    default: _Default = False,
    cluster: _engine.Cluster = None,
    kubeconfig: _options.Kubeconfig = None,
    context: _options.Context = None,
    namespace: _options.Namespace = _options.TOOLKIT,
) -> None:
    """Change the credential or the CA of a storage location, or make it the default one."""
    from mtc.act import engine, errors, secrets
    from mtc.kube import resources

    spec: dict[str, object] = {}
    if credential:
        spec["credential"] = engine.credential_of(credential)
    if cacert:
        spec["objectStorage"] = {"caCert": secrets.encoded(secrets.from_file(cacert, what="The CA"))}
    if default:
        spec["default"] = True
    if not spec:
        raise errors.Incomplete("There is nothing to change. Give --credential, --cacert or --default.")

    async def work(client: "Client") -> int:
        await client.patch(resources.BACKUP_STORAGE_LOCATIONS, name, {"spec": spec}, namespace=namespace)
        typer.echo(_("BackupStorageLocation {name} is changed.").format(name=name))
        return 0

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
    """Forget storage locations. What is in their buckets stays."""
    from mtc.kube import resources

    way = _options.Way(kubeconfig, context, namespace)
    _engine.delete(resources.BACKUP_STORAGE_LOCATIONS, names, selector, way, cluster, every=every, yes=yes)
