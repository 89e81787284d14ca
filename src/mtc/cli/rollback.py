"""`mtc rollback`: takes a plan back: deletes what was migrated, and starts the source again."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer

from mtc.cli import _act, _options
from mtc.words import _, ngettext

if TYPE_CHECKING:
    from mtc.act.plans import Meant
    from mtc.act.undo import Statement
    from mtc.look.sites import Sites

SECTION = "Migrate"


def register(top: typer.Typer) -> None:
    """Adds the verb."""

    @top.command()
    def rollback(
        plan: Annotated[str, typer.Argument(help="Name of the MigPlan, or of the MigMigration that failed.", show_default=False)],
        *,
        dry_run: Annotated[
            bool, typer.Option("--dry-run", help="Say whether it is needed and what it would delete, and do nothing.")
        ] = False,
        wait: _act.Wait = False,
        timeout: _act.Timeout = "0",
        yes: _act.Yes = False,
        output: _act.Output = _act.Form.TEXT,
        kubeconfig: _options.Kubeconfig = None,
        context: _options.Context = None,
        namespace: _options.Namespace = _options.TOOLKIT,
    ) -> None:
        """Say whether a rollback is needed, because of what, and what it deletes; then ask, and do it.

        An application that a failed migration stopped has to be rolled back, so that its data are not corrupted. One that was not stopped
        still runs in the source and needs nothing.
        """
        from mtc.act import plans, runs, undo

        terms = _act.Terms(wait=wait, timeout=timeout, yes=yes, output=output)

        async def work(sites: "Sites") -> int:
            host = sites.host.client
            meant = await plans.find(host, plan, namespace=namespace)
            wanted = runs.manifest(meant, runs.Verb.ROLLBACK, quiesce=False)
            runs.check(meant, wanted)
            said = await undo.state(sites, meant)
            _act.tell(lines(meant, said), quiet=not terms.is_text)
            if dry_run:
                made = await runs.start(host, wanted, dry_run=True)
                if not terms.is_text:
                    typer.echo(_act.shown(made, terms.output))
                return 0
            _act.confirm(_("Roll plan {plan} back?").format(plan=meant.plan.name), yes=terms.yes)
            made = await runs.start(host, wanted)
            return await _act.end(sites, meant, made, terms, said=_("created"), namespace=namespace)

        _act.finish(work, _options.Way(kubeconfig, context, namespace))


def lines(meant: "Meant", said: "Statement") -> Iterable[str]:
    """Whether a rollback is needed, because of what, and what it is going to delete."""
    from mtc.act import undo

    plan = meant.plan
    source = plan.spec.src_mig_cluster_ref.name if plan.spec.src_mig_cluster_ref else ""
    target = plan.spec.dest_mig_cluster_ref.name if plan.spec.dest_mig_cluster_ref else ""
    heads = {
        undo.REQUIRED: _("A rollback is needed after {run}: it left the application stopped."),
        undo.NOT_REQUIRED: _("No rollback is needed after {run}."),
        undo.DONE: _("{run} has rolled the plan back already."),
        undo.RUNNING: _("{run} is still at work. The rollback waits for its end; `mtc cancel {run}` stops it and clears up."),
        undo.NOTHING: _("Plan {plan} has no run, so there is nothing to take back."),
    }
    yield heads[said.state].format(run=said.run, plan=plan.name)
    if said.because:
        yield _("Because: {why}").format(why=said.because)
    elif said.state == undo.NOT_REQUIRED:
        yield _("Because: no workload of the application stands still on cluster {source} through this plan.").format(source=source)
    if said.stopped:
        text = ngettext(
            "It starts {count} workload on cluster {source}:", "It starts {count} workloads on cluster {source}:", len(said.stopped)
        )
        yield text.format(count=len(said.stopped), source=source)
        yield from _act.listed(said.stopped)
    count = sum(said.doomed.values())
    if count:
        text = ngettext("It deletes {count} object on cluster {target}:", "It deletes {count} objects on cluster {target}:", count)
        yield text.format(count=count, target=target)
        yield from (f"  {number} {kind}" for kind, number in said.doomed.items())
        yield _("Namespaces and objects that were there before stay.")
    else:
        yield _("It finds nothing to delete on cluster {target}.").format(target=target)
    yield from (_("Not looked at: {what}").format(what=text) for text in said.unseen)
