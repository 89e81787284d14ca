"""`mtc convert`: moves the volumes of a plan to other storage classes of the same cluster."""

from typing import Annotated

import typer

from mtc.cli import _act, _options

SECTION = "Migrate"


def register(top: typer.Typer) -> None:
    """Adds the verb."""

    @top.command()
    def convert(
        plan: _act.Plan,
        *,
        quiesce: Annotated[
            bool, typer.Option("--quiesce/--no-quiesce", help="Stop the application, and let it use the new volumes afterwards.")
        ] = True,
        dry_run: _act.DryRun = False,
        wait: _act.Wait = False,
        timeout: _act.Timeout = "0",
        yes: _act.Yes = False,
        output: _act.Output = _act.Form.TEXT,
        kubeconfig: _options.Kubeconfig = None,
        context: _options.Context = None,
        namespace: _options.Namespace = _options.TOOLKIT,
    ) -> None:
        """Copy the volumes of a plan within one cluster to the storage classes that the plan chooses.

        The plan's source and target are the same cluster, and its namespaces keep their names.
        """
        from mtc.act.runs import Verb

        terms = _act.Terms(wait=wait, timeout=timeout, yes=yes, output=output)
        way = _options.Way(kubeconfig, context, namespace)
        _act.begin(plan, Verb.CONVERT, terms, way, quiesce=quiesce, dry_run=dry_run)
