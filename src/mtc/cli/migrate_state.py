"""`mtc migrate-state`: moves only the volumes of a plan."""

from typing import Annotated

import typer

from mtc.cli import _act, _options

SECTION = "Migrate"


def register(top: typer.Typer) -> None:
    """Adds the verb."""

    @top.command("migrate-state")
    def migrate_state(
        plan: _act.Plan,
        *,
        quiesce: Annotated[bool, typer.Option("--quiesce/--no-quiesce", help="Stop the application in the source before the copy.")] = True,
        dry_run: _act.DryRun = False,
        wait: _act.Wait = False,
        timeout: _act.Timeout = "0",
        yes: _act.Yes = False,
        output: _act.Output = _act.Form.TEXT,
        kubeconfig: _options.Kubeconfig = None,
        context: _options.Context = None,
        namespace: _options.Namespace = _options.TOOLKIT,
    ) -> None:
        """Bring the volumes of a plan to the target, and none of its other objects.

        For applications that are deployed in the target by other means.
        """
        from mtc.act.runs import Verb

        terms = _act.Terms(wait=wait, timeout=timeout, yes=yes, output=output)
        way = _options.Way(kubeconfig, context, namespace)
        _act.begin(plan, Verb.MIGRATE_STATE, terms, way, quiesce=quiesce, dry_run=dry_run)
