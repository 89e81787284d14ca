"""`mtc plan`: create, check, refresh, close and delete plans."""

from typing import TYPE_CHECKING, Annotated

import typer

from mtc.cli import _act, _declare, _look, _options
from mtc.words import _, ngettext

if TYPE_CHECKING:
    from mtc.act.plans import Meant
    from mtc.kube.client import Client
    from mtc.look.sites import Sites

SECTION = "Declare"

app = typer.Typer(name="plan", help="Plans: what is migrated from where to where.", no_args_is_help=True, rich_markup_mode=None)

_Name = Annotated[str, typer.Argument(help="Name of the MigPlan.", show_default=False)]
_WithoutRollback = Annotated[
    bool, typer.Option("--without-rollback", help="Even where a rollback is needed: what stands still then has to be started by hand.")
]


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="How the plan is to be called.", show_default=False)],
    *,
    source: Annotated[str | None, typer.Option(help="MigCluster to migrate from.")] = None,
    target: Annotated[str | None, typer.Option(help="MigCluster to migrate to.")] = None,
    storage: Annotated[str | None, typer.Option(help="MigStorage through which data travel.")] = None,
    namespaces: Annotated[
        list[str] | None, typer.Option(help="Namespaces, separated by commas; a:b gives a another name. May be given again.")
    ] = None,
    indirect_volumes: Annotated[
        bool | None,
        typer.Option(
            "--indirect-volumes/--direct-volumes",
            help="Copy volumes through the storage (the default between two clusters), or from cluster to cluster.",
        ),
    ] = None,
    indirect_images: Annotated[
        bool | None,
        typer.Option(
            "--indirect-images/--direct-images",
            help="Copy images through the storage (the default between two clusters), or from cluster to cluster.",
        ),
    ] = None,
    dry_run: _declare.DryRun = False,
    wait: _declare.Wait = True,
    timeout: _declare.Timeout = "5m",
    output: _declare.Output = _declare.Form.YAML,
    kubeconfig: _options.Kubeconfig = None,
    context: _options.Context = None,
    namespace: _options.Namespace = _options.TOOLKIT,
) -> None:
    """Create a plan and wait until the controller has checked it and found its volumes; what is missing is asked for on a terminal.

    With the same cluster as source and target it is a plan for a conversion of storage or a state migration: then --direct-volumes and
    --direct-images are the default, which tell the controller so; data travel through the storage all the same.
    """
    from mtc.act import declare
    from mtc.kube import errors as kube_errors
    from mtc.kube import resources

    async def work(client: "Client") -> int:
        known = await _known(client, namespace) if not (source and target and storage) else ([], [])
        chosen = _declare.wanted(source, "--source", _("Migrate from"), choices=known[0])
        others = [one for one in known[0] if one != chosen]
        wanted = declare.plan(
            name,
            namespace,
            source=chosen,
            target=_declare.wanted(target, "--target", _("Migrate to"), choices=others or known[0]),
            storage_name=_declare.wanted(storage, "--storage", _("Through storage"), choices=known[1]),
            namespaces=_split(namespaces) or _split([_declare.wanted(None, "--namespaces", _("Namespaces, separated by commas"))]),
            indirect_volumes=indirect_volumes,
            indirect_images=indirect_images,
        )
        if dry_run:
            _declare.print_manifests([wanted], output)
            return 0
        try:
            await client.create(resources.MIG_PLANS, wanted)
        except kube_errors.AlreadyExists:
            raise _exists(name) from None
        typer.echo(_("MigPlan {name} is created.").format(name=name))
        if not wait:
            return 0
        return await _declare.settled(client, resources.MIG_PLANS, name, namespace=namespace, timeout_s=_declare.seconds(timeout))

    _look.on_host(work, _options.Way(kubeconfig, context, namespace))


@app.command()
def check(
    name: _Name,
    *,
    timeout: _declare.Timeout = "5m",
    kubeconfig: _options.Kubeconfig = None,
    context: _options.Context = None,
    namespace: _options.Namespace = _options.TOOLKIT,
) -> None:
    """Let the controller check a plan again now, and tell what it found. Exits with 0 when it is ready, 3 with warnings, else 1."""
    from mtc.kube import resources

    async def work(client: "Client") -> int:
        return await _declare.checked(client, resources.MIG_PLANS, name, namespace=namespace, timeout_s=_declare.seconds(timeout))

    _look.on_host(work, _options.Way(kubeconfig, context, namespace))


@app.command()
def refresh(
    name: _Name,
    *,
    kubeconfig: _options.Kubeconfig = None,
    context: _options.Context = None,
    namespace: _options.Namespace = _options.TOOLKIT,
) -> None:
    """Ask the controller to look for the plan's volumes and to check it again, and do not wait for it."""
    from mtc.act import settle
    from mtc.kube import resources

    async def work(client: "Client") -> int:
        await settle.refresh(client, resources.MIG_PLANS, name, namespace=namespace)
        typer.echo(_("MigPlan {name} is looked at again. `mtc plan check {name}` tells what is found.").format(name=name))
        return 0

    _look.on_host(work, _options.Way(kubeconfig, context, namespace))


@app.command()
def close(
    name: _Name,
    *,
    without_rollback: _WithoutRollback = False,
    yes: _act.Yes = False,
    kubeconfig: _options.Kubeconfig = None,
    context: _options.Context = None,
    namespace: _options.Namespace = _options.TOOLKIT,
) -> None:
    """End a plan for good: what was made for it on the clusters is deleted. What was migrated stays, and so does the plan as a record.

    It is refused while a run is at work, and while the application needs a rollback.
    """
    from mtc.kube import resources

    async def work(sites: "Sites") -> int:
        await _left(sites, name, namespace, without_rollback=without_rollback)
        _act.confirm(_("Close plan {name}? It cannot be opened again, and no run of it can be rolled back.").format(name=name), yes=yes)
        await sites.host.client.patch(resources.MIG_PLANS, name, {"spec": {"closed": True}}, namespace=namespace)
        typer.echo(_("MigPlan {name} is closed.").format(name=name))
        return 0

    _act.finish(work, _options.Way(kubeconfig, context, namespace))


@app.command()
def delete(
    name: _Name,
    *,
    without_rollback: _WithoutRollback = False,
    yes: _act.Yes = False,
    kubeconfig: _options.Kubeconfig = None,
    context: _options.Context = None,
    namespace: _options.Namespace = _options.TOOLKIT,
) -> None:
    """Delete a plan with its runs. What was migrated stays.

    It is refused while a run is at work, and while the application needs a rollback.
    """
    from mtc.kube import resources

    async def work(sites: "Sites") -> int:
        client = sites.host.client
        meant = await _left(sites, name, namespace, without_rollback=without_rollback)
        text = ngettext("Delete plan {name} and its {count} run?", "Delete plan {name} and its {count} runs?", len(meant.runs))
        _act.confirm(text.format(name=name, count=len(meant.runs)), yes=yes)
        for run in meant.runs:
            await client.delete(resources.MIG_MIGRATIONS, run.name, namespace=run.namespace, uid=run.uid)
        await client.delete(resources.MIG_PLANS, name, namespace=namespace, uid=meant.plan.uid)
        typer.echo(_("MigPlan {name} is deleted.").format(name=name))
        return 0

    _act.finish(work, _options.Way(kubeconfig, context, namespace))


async def _left(sites: "Sites", name: str, namespace: str, *, without_rollback: bool) -> "Meant":
    """The plan that is to be closed or deleted. Raises NothingFound, NotPossible."""
    from mtc.act import leaving, plans

    host = sites.host.client
    await _there(host, name, namespace)
    meant = await plans.find(host, name, namespace=namespace)
    leaving.check_idle(meant)
    if not without_rollback and not meant.plan.spec.closed:
        await leaving.check_owed(sites, meant)
    return meant


async def _there(client: "Client", name: str, namespace: str) -> None:
    """That there is such a plan. Raises NothingFound."""
    from mtc.kube import resources
    from mtc.look import kinds

    if await client.find(resources.MIG_PLANS, name, namespace=namespace) is None:
        raise kinds.missing([kinds.parse("plan")], name, f"namespace {namespace}")


async def _known(client: "Client", namespace: str) -> tuple[list[str], list[str]]:
    """Names of the clusters and of the storages."""
    from mtc.kube import resources

    lists = [await client.list_all(kind, namespace=namespace) for kind in (resources.MIG_CLUSTERS, resources.MIG_STORAGES)]
    clusters, storages = ([item["metadata"]["name"] for item in found] for found in lists)
    return clusters, storages


def _split(values: list[str] | None) -> list[str]:
    return [part.strip() for value in values or [] for part in value.split(",") if part.strip()]


def _exists(name: str) -> Exception:
    from mtc.act import errors

    return errors.NotPossible(f"There is a MigPlan {name} already. Choose another name, or change it with kubectl edit.")
