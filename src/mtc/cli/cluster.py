"""`mtc cluster`: add, remove and check the clusters that take part in migrations."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mtc.cli import _act, _declare, _look, _options
from mtc.words import _

if TYPE_CHECKING:
    from mtc.api.migration.migplan import MigPlan
    from mtc.kube.client import Client, Object

SECTION = "Declare"

app = typer.Typer(name="cluster", help="Clusters that take part in migrations.", no_args_is_help=True, rich_markup_mode=None)


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="How the cluster is to be called.", show_default=False)],
    *,
    host: Annotated[bool, typer.Option("--host", help="It is the cluster that the controller runs on; nothing else is needed.")] = False,
    from_context: Annotated[
        str | None, typer.Option(help="Take URL and CA from this context of the kubeconfig, and ask that cluster for a token.")
    ] = None,
    url: Annotated[str | None, typer.Option(help="URL of its API server, https://host:port.")] = None,
    token_file: Annotated[
        str | None, typer.Option(help="File with the token of a privileged service account; - is standard input.")
    ] = None,
    token_env: Annotated[str | None, typer.Option(help="Environment variable with that token.")] = None,
    secret: _declare.UseSecret = None,
    secret_namespace: _declare.SecretNamespace = None,
    ca_file: _declare.CaFile = None,
    insecure: _declare.Insecure = False,
    registry: Annotated[str, typer.Option(help="Host of its image registry as seen from outside.")] = "",
    dry_run: _declare.DryRun = False,
    wait: _declare.Wait = True,
    timeout: _declare.Timeout = "2m",
    output: _declare.Output = _declare.Form.YAML,
    kubeconfig: _options.Kubeconfig = None,
    context: _options.Context = None,
    namespace: _options.Namespace = _options.TOOLKIT,
) -> None:
    """Add a cluster and wait until the controller has tried it; what does not work is told. Adding it again changes it.

    The token is read from a file, a variable or standard input, or asked for on a terminal; it is never shown.
    """
    from mtc.act import declare, secrets
    from mtc.kube import resources

    place = {"name": secret or f"{name}-sa", "namespace": secret_namespace or namespace}
    owner = f"MigCluster/{name}"

    async def described() -> "list[Object]":
        if host:
            return [declare.host_cluster(name, namespace)]
        address, ca, is_insecure, token = await _access(from_context, kubeconfig, namespace)
        address = _declare.wanted(url or address, "--url", _("URL of the API server"))
        if ca_file:
            ca = secrets.from_file(ca_file, what="The CA")
        if secret is None and not token:
            token = _token(token_file, token_env)
        declared = declare.cluster(
            name, namespace, url=address, secret=place, ca="" if insecure else ca, insecure=insecure or is_insecure, registry=registry
        )
        made = [] if secret else [secrets.manifest(place["name"], place["namespace"], {"saToken": token}, owner=owner)]
        return [*made, declared]

    async def work(client: "Client") -> int:
        items = await described()
        if dry_run:
            _declare.print_manifests(items, output)
            return 0
        return await _declare.declared(
            client, resources.MIG_CLUSTERS, name, items, namespace=namespace, wait=wait, timeout_s=_declare.seconds(timeout)
        )

    _look.on_host(work, _options.Way(kubeconfig, context, namespace))


@app.command()
def check(
    name: Annotated[str, typer.Argument(help="Name of the MigCluster.", show_default=False)],
    *,
    timeout: _declare.Timeout = "2m",
    kubeconfig: _options.Kubeconfig = None,
    context: _options.Context = None,
    namespace: _options.Namespace = _options.TOOLKIT,
) -> None:
    """Let the controller try a cluster again now, and tell what it found. Exits with 0 when it is ready, 3 with warnings, else 1."""
    from mtc.kube import resources

    async def work(client: "Client") -> int:
        return await _declare.checked(client, resources.MIG_CLUSTERS, name, namespace=namespace, timeout_s=_declare.seconds(timeout))

    _look.on_host(work, _options.Way(kubeconfig, context, namespace))


@app.command()
def remove(
    name: Annotated[str, typer.Argument(help="Name of the MigCluster.", show_default=False)],
    *,
    yes: _act.Yes = False,
    kubeconfig: _options.Kubeconfig = None,
    context: _options.Context = None,
    namespace: _options.Namespace = _options.TOOLKIT,
) -> None:
    """Forget a cluster, and the Secret that `mtc cluster add` made for it. Nothing changes on the cluster itself.

    It is refused as long as a plan that is not closed names the cluster.
    """
    from mtc.act import errors, secrets
    from mtc.api.migration.migcluster import MigCluster
    from mtc.api.migration.migplan import MigPlan
    from mtc.kube import resources
    from mtc.look import kinds

    async def work(client: "Client") -> int:
        found = await client.find(resources.MIG_CLUSTERS, name, namespace=namespace)
        if found is None:
            raise kinds.missing([kinds.parse("migcluster")], name, f"namespace {namespace}")
        plans = MigPlan.readable(await client.list_all(resources.MIG_PLANS, namespace=namespace))
        using = [plan for plan in plans if name in _clusters(plan) and _is_open(plan)]
        if using:
            first = next((plan.name for plan in using if not plan.spec.closed), "")
            hint = (
                f"Close it first: `mtc plan close {first}`."
                if first
                else f"A closing plan waits for its run: `mtc cancel {using[0].name}`, or wait too."
            )
            msg = f"MigCluster {name} is used by plan {', '.join(plan.name for plan in using)}. {hint}"
            raise errors.NotPossible(msg)
        _act.confirm(_("Forget cluster {name}?").format(name=name), yes=yes)
        await client.delete(resources.MIG_CLUSTERS, name, namespace=namespace, uid=found["metadata"]["uid"])
        reference = MigCluster.from_dict(found).spec.service_account_secret_ref
        if reference is not None and reference.is_set:
            await secrets.delete(client, reference.ref.name, reference.ref.namespace, owner=f"MigCluster/{name}")
        typer.echo(_("MigCluster {name} is removed.").format(name=name))
        return 0

    _look.on_host(work, _options.Way(kubeconfig, context, namespace))


def _is_open(plan: "MigPlan") -> bool:
    """Whether something can still begin with a plan, or has begun and goes on."""
    from mtc.api import conditions

    return not plan.spec.closed or conditions.has(plan.status.conditions, conditions.CLOSING)


def _clusters(plan: "MigPlan") -> set[str | None]:
    spec = plan.spec
    return {reference.name for reference in (spec.src_mig_cluster_ref, spec.dest_mig_cluster_ref) if reference is not None}


async def _access(from_context: str | None, kubeconfig: str | None, namespace: str) -> tuple[str, str, bool, str]:
    """URL, CA, whether it is checked, and a token of another context; empty without one."""
    from mtc.act import tokens
    from mtc.kube import access, client

    if from_context is None:
        return "", "", False, ""
    path = kubeconfig or os.environ.get("KUBECONFIG") or str(Path.home() / ".kube" / "config")
    server = access.server_of(path, context=from_context)
    async with client.Client(access.from_kubeconfig(path, context=from_context), name=from_context) as other:
        token = await tokens.request(other, namespace=namespace)
    return server.url, server.ca.decode() if server.ca else "", server.insecure, token


def _token(file: str | None, variable: str | None) -> str:
    from mtc.act import secrets

    what = "The token"
    if file:
        return secrets.from_file(file, what=what)
    if variable:
        return secrets.from_variable(variable, what=what)
    return _declare.wanted(None, "--token-file", _("Token of a privileged service account (it is not shown)"), hidden=True)
