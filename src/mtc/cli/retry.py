"""`mtc retry`: tries a failed run again, from where it failed."""

from typing import TYPE_CHECKING, Annotated

import typer

from mtc.cli import _act, _options, rollback
from mtc.words import _

if TYPE_CHECKING:
    from mtc.look.sites import Sites

SECTION = "Migrate"


def register(top: typer.Typer) -> None:
    """Adds the verb."""

    @top.command()
    def retry(
        name: Annotated[str, typer.Argument(help="Name of the MigPlan whose last run failed, or of the MigMigration.", show_default=False)],
        *,
        dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be tried again, and do nothing.")] = False,
        wait: _act.Wait = False,
        timeout: _act.Timeout = "0",
        yes: _act.Yes = False,
        output: _act.Output = _act.Form.TEXT,
        kubeconfig: _options.Kubeconfig = None,
        context: _options.Context = None,
        namespace: _options.Namespace = _options.TOOLKIT,
    ) -> None:
        """Try a failed run again. What still stands of the try before it is not done anew.

        Remove the cause of the failure first; `mtc tree` shows it.
        """
        from datetime import UTC, datetime

        from mtc.act import impact, plans, runs, undo

        terms = _act.Terms(wait=wait, timeout=timeout, yes=yes, output=output)

        async def work(sites: "Sites") -> int:
            meant = await plans.find(sites.host.client, name, namespace=namespace)
            run = runs.to_retry(meant)
            quiesce = run.spec.quiesce_pods
            failed = _("{run} failed: {why}").format(run=run.name, why=" ".join(run.status.errors))
            if run.spec.rollback:
                summary = rollback.lines(meant, await undo.state(sites, meant))
            else:
                summary = _act.impact_lines(meant, await impact.of(sites, meant, run.spec), quiesce=quiesce)
            _act.tell([failed, *summary], quiet=not terms.is_text)
            if dry_run:
                if not terms.is_text:
                    typer.echo(_act.shown(run, terms.output))
                return 0
            _act.confirm(_("Try {run} again?").format(run=run.name), yes=terms.yes)
            changed = await runs.retry(sites.host.client, run, token=datetime.now(UTC).isoformat(timespec="milliseconds"))
            return await _act.end(sites, meant, changed, terms, said=_("is tried again"), namespace=namespace)

        _act.finish(work, _options.Way(kubeconfig, context, namespace))
