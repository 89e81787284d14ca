"""`mtc cancel`: stops a run and clears away what it made."""

from typing import TYPE_CHECKING, Annotated

import typer

from mtc.cli import _act, _options
from mtc.words import _

if TYPE_CHECKING:
    from mtc.look.sites import Sites

SECTION = "Migrate"


def register(top: typer.Typer) -> None:
    """Adds the verb."""

    @top.command()
    def cancel(
        name: Annotated[str, typer.Argument(help="Name of the MigPlan whose run is stopped, or of the MigMigration.", show_default=False)],
        *,
        dry_run: Annotated[bool, typer.Option("--dry-run", help="Say which run would be stopped, and do nothing.")] = False,
        wait: _act.Wait = False,
        timeout: _act.Timeout = "0",
        yes: _act.Yes = False,
        output: _act.Output = _act.Form.TEXT,
        kubeconfig: _options.Kubeconfig = None,
        context: _options.Context = None,
        namespace: _options.Namespace = _options.TOOLKIT,
    ) -> None:
        """Stop the run of a plan: what it made is deleted, and what it stopped in the source is started again.

        With --wait it exits with 0 once the run is canceled. A dry run, which has made and stopped nothing, is deleted.
        """
        from mtc.act import endings, plans, runs

        terms = _act.Terms(wait=wait, timeout=timeout, yes=yes, output=output)

        async def work(sites: "Sites") -> int:
            meant = await plans.find(sites.host.client, name, namespace=namespace)
            run = runs.to_cancel(meant)
            text = (
                _("{run} is a dry run in phase {phase}. It has changed nothing, so it is only deleted.")
                if run.is_dry_run
                else _("{run} is in phase {phase}. What it made is deleted, and what it stopped is started again.")
            )
            _act.tell([text.format(run=run.name, phase=run.status.phase or _("(not begun)"))], quiet=not terms.is_text)
            if dry_run:
                if not terms.is_text:
                    typer.echo(_act.shown(run, terms.output))
                return 0
            _act.confirm(_("Cancel {run}?").format(run=run.name), yes=terms.yes)
            if run.is_dry_run:
                await runs.discard(sites.host.client, run)
                gone = _("{kind} {name} is deleted.").format(kind="MigMigration", name=run.name)
                typer.echo(gone if terms.is_text else _act.shown(run, terms.output))
                return 0
            changed = await runs.cancel(sites.host.client, run)
            code = await _act.end(sites, meant, changed, terms, said=_("is being canceled"), namespace=namespace)
            if not terms.wait:
                return 0
            now = await plans.find(sites.host.client, run.name, namespace=namespace)
            ended = endings.of(now.named) if now.named else None
            # Here the end that was asked for is a success, however the command would otherwise exit after a canceled run.
            return 0 if ended is not None and ended.state is endings.State.CANCELED else code

        _act.finish(work, _options.Way(kubeconfig, context, namespace))
