"""`mtc stage`: copies the data of a plan ahead of time, while the application runs."""

from typing import Annotated

import typer

from mtc.cli import _act, _options

SECTION = "Migrate"


def register(top: typer.Typer) -> None:
    """Adds the verb."""

    @top.command()
    def stage(
        plan: _act.Plan,
        *,
        quiesce: Annotated[bool, typer.Option("--quiesce", help="Stop the application before the copy.")] = False,
        dry_run: _act.DryRun = False,
        wait: _act.Wait = False,
        timeout: _act.Timeout = "0",
        yes: _act.Yes = False,
        output: _act.Output = _act.Form.TEXT,
        kubeconfig: _options.Kubeconfig = None,
        context: _options.Context = None,
        namespace: _options.Namespace = _options.TOOLKIT,
    ) -> None:
        """Copy volumes and images of a plan to the target; run it as often as you like, each run copies what has changed.

        The application keeps running, so the copy may be behind: `mtc cutover` brings the rest.
        """
        from mtc.act.runs import Verb

        terms = _act.Terms(wait=wait, timeout=timeout, yes=yes, output=output)
        way = _options.Way(kubeconfig, context, namespace)
        _act.begin(plan, Verb.STAGE, terms, way, quiesce=quiesce, dry_run=dry_run)
