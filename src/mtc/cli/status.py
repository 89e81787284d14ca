"""`mtc status`: how a plan or a run goes, live, until it ends."""

from typing import TYPE_CHECKING, Annotated

import typer

from mtc.cli import _act, _look, _options

if TYPE_CHECKING:
    from mtc.act.plans import Meant
    from mtc.look.sites import Sites

SECTION = "See what there is"


def register(top: typer.Typer) -> None:
    """Adds the verb."""

    @top.command()
    def status(
        name: Annotated[
            str, typer.Argument(help="Name of a MigPlan, whose current run is shown, or of a MigMigration.", show_default=False)
        ],
        *,
        once: Annotated[bool, typer.Option("--once", help="Show how it is now, and do not wait for its end.")] = False,
        timeout: _act.Timeout = "0",
        output: Annotated[_options.Data, typer.Option("--output", "-o", help="Form of the output.")] = _options.Data.TEXT,
        kubeconfig: _options.Kubeconfig = None,
        context: _options.Context = None,
        namespace: _options.Namespace = _options.TOOLKIT,
    ) -> None:
        """Follow a run: its steps, the progress of every volume with rate and expected end, and warnings as they come.

        On a terminal it is a live view, elsewhere a line for each change; json and yaml are printed once. Exits with the code of the run:
        0 succeeded, 3 with warnings, 1 failed or canceled, and 4 when it has not ended within --timeout.
        """
        from mtc.act import endings, plans
        from mtc.cli import _follow

        terms = _act.Terms(wait=True, timeout=timeout, yes=True, output=_act.Form.TEXT)

        async def work(sites: "Sites") -> int:
            meant = await plans.find(sites.host.client, name, namespace=namespace)
            run = meant.latest
            if run is None:
                return _of_plan(meant, output)
            if output is not _options.Data.TEXT:
                typer.echo(_look.dump(run.to_dict(), output.value))
            elif once:
                await _once(sites, meant, run.name, namespace)
            else:
                seen = await _follow.follow(sites, meant, run.name, namespace=namespace, timeout_s=terms.timeout_s)
                run = seen.run
                if ended := endings.of(run):
                    _follow.tell_end(run, ended)
            ending = endings.of(run)
            return ending.code if ending else 0

        _act.finish(work, _options.Way(kubeconfig, context, namespace))


def _of_plan(meant: "Meant", output: _options.Data) -> int:
    """A plan without runs: whether it is ready."""
    from mtc.api import conditions
    from mtc.words import _

    plan = meant.plan
    if output is not _options.Data.TEXT:
        typer.echo(_look.dump(plan.to_dict(), output.value))
    found = [entry for entry in plan.status.conditions if entry.is_true]
    is_ready = conditions.is_ready(found)
    categories = {*conditions.BLOCKERS, conditions.WARN}
    waits_for = set() if is_ready else {conditions.PV_USAGE_ANALYSIS_RUNNING}
    told = [entry for entry in found if entry.category in categories or entry.type in waits_for]
    if output is _options.Data.TEXT:
        head = _("MigPlan {plan} is ready and has no run yet.") if is_ready else _("MigPlan {plan} is not ready and has no run yet.")
        typer.echo(head.format(plan=plan.name))
        for entry in told:
            typer.echo(f"  {entry.type}: {entry.message}")
    if not is_ready:
        return 1
    return 3 if told else 0


async def _once(sites: "Sites", meant: "Meant", name: str, namespace: str) -> None:
    """The view as it is now."""
    from contextlib import aclosing

    from mtc.cli import _follow
    from mtc.look import following

    plan = meant.plan.spec
    source, target = (reference.name or "" if reference else "" for reference in (plan.src_mig_cluster_ref, plan.dest_mig_cluster_ref))
    async with aclosing(following.follow(sites, name, namespace=namespace, source=source, target=target)) as news:
        async for seen in news:
            _follow.console().print(_follow.rendered(seen))
            return
