"""`mtc rollback`: takes a plan back: deletes what was migrated, and starts the source again."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer

from mtc.cli import _act, _options
from mtc.words import _, ngettext

if TYPE_CHECKING:
    from mtc.act.converted import Converted
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
        still runs in the source and needs nothing. After a conversion of storage the application gets its old volumes back, and what it
        has written since is lost.
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
    if said.converted is not None:
        yield from _of_conversion(said.converted, source or "")
    count = sum(said.doomed.values())
    if count:
        text = ngettext("It deletes {count} object on cluster {target}:", "It deletes {count} objects on cluster {target}:", count)
        yield text.format(count=count, target=target)
        yield from (f"  {number} {kind}" for kind, number in said.doomed.items())
    if count or (said.converted is not None and said.converted.claims):
        yield _("Namespaces and objects that were there before stay.")
    else:
        yield _("It finds nothing to delete on cluster {target}.").format(target=target)
    yield from (_("Not looked at: {what}").format(what=text) for text in said.unseen)


def _of_conversion(found: "Converted", source: str) -> Iterable[str]:
    """What becomes of an application whose storage was converted: it is stopped, gets its old claims back, and loses what it wrote since."""
    count = len(found.workloads)
    if count:
        text = ngettext(
            "It takes the conversion back: {count} workload on cluster {source} is stopped and gets its old claims back:",
            "It takes the conversion back: {count} workloads on cluster {source} are stopped and get their old claims back:",
            count,
        )
        yield text.format(count=count, source=source)
        yield from _act.listed(found.workloads)
        if found.made_anew:
            yield _("StatefulSets and Jobs among them are made anew, and Jobs begin from the start.")
    if found.missing:
        yield _("Old claims that are gone, without which it fails and leaves the application stopped:")
        yield from _act.listed(found.missing)
    count = len(found.claims)
    if count:
        # Without such a workload the claims hold a copy, and nothing has been written to them.
        is_used = bool(found.workloads)
        text = (
            ngettext(
                "It deletes {count} new claim, which the application uses now (the old one behind the arrow):",
                "It deletes {count} new claims, which the application uses now (the old ones behind the arrows):",
                count,
            )
            if is_used
            else ngettext(
                "It deletes {count} new claim, which no workload uses (the old one behind the arrow):",
                "It deletes {count} new claims, which no workload uses (the old ones behind the arrows):",
                count,
            )
        )
        yield text.format(count=count)
        yield from _act.listed(f"{new} → {old}" if old else new for new, old in found.claims.items())
        if is_used:
            yield _("What the application has written since the conversion is lost.")
