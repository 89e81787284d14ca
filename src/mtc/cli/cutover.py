"""`mtc cutover`: moves the application of a plan to the target."""

from typing import Annotated

import typer

from mtc.cli import _act, _options

SECTION = "Migrate"


def register(top: typer.Typer) -> None:
    """Adds the verb."""

    @top.command()
    def cutover(
        plan: _act.Plan,
        *,
        quiesce: Annotated[
            bool, typer.Option("--quiesce/--no-quiesce", help="Stop the application in the source before the last copy.")
        ] = True,
        keep_annotations: Annotated[
            bool, typer.Option("--keep-annotations", help="Leave the marks of the migration on the objects.")
        ] = False,
        verify: Annotated[bool, typer.Option("--verify", help="Watch the health of the application in the target afterwards.")] = False,
        dry_run: _act.DryRun = False,
        wait: _act.Wait = False,
        timeout: _act.Timeout = "0",
        yes: _act.Yes = False,
        output: _act.Output = _act.Form.TEXT,
        kubeconfig: _options.Kubeconfig = None,
        context: _options.Context = None,
        namespace: _options.Namespace = _options.TOOLKIT,
    ) -> None:
        """Stop the application in the source, bring everything to the target and start it there.

        Says before what will be stopped and for how long.
        """
        from mtc.act.runs import Verb

        terms = _act.Terms(wait=wait, timeout=timeout, yes=yes, output=output)
        way = _options.Way(kubeconfig, context, namespace)
        _act.begin(plan, Verb.CUTOVER, terms, way, quiesce=quiesce, keep_annotations=keep_annotations, verify=verify, dry_run=dry_run)
