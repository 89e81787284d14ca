"""What the verbs that begin or change a run share: their options, the summary, the question, and how they end."""

import enum
import sys
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated

import typer

from mtc.cli import _look, _options
from mtc.words import _, ngettext

if TYPE_CHECKING:
    from mtc.act.impact import Impact
    from mtc.act.plans import Meant
    from mtc.act.runs import Verb
    from mtc.api.migration.migmigration import MigMigration
    from mtc.look.sites import Sites

#: So many names are listed; the rest is counted.
_SHOWN = 12

Plan = Annotated[str, typer.Argument(help="Name of the MigPlan.", show_default=False)]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Change nothing: find out what would happen.")]
Wait = Annotated[bool, typer.Option("--wait", "-w", help="Show how it goes until it has ended, and exit with its code.")]
Timeout = Annotated[
    str, typer.Option(callback=_options.duration, help="Wait no longer than this, such as 90s or 2h; then exit with 4. 0 is for ever.")
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


class Form(enum.StrEnum):
    """How what was made is shown."""

    TEXT = "text"
    NAME = "name"
    JSON = "json"
    YAML = "yaml"


Output = Annotated[Form, typer.Option("--output", "-o", help="Form of the output.")]


@dataclass(frozen=True)
class Terms:
    """How a verb is to be carried out.

    Attributes:
        wait: until the run has ended.
        timeout: how long at most, as it was typed.
        yes: do not ask.
        output: how what was made is shown.
    """

    wait: bool
    timeout: str
    yes: bool
    output: Form

    @property
    def timeout_s(self) -> float | None:
        """How long to wait at most, None for as long as it takes. Raises InvalidDuration."""
        from mtc.api import durations

        return durations.parse(self.timeout).total_seconds() or None

    @property
    def is_text(self) -> bool:
        """Whether a person reads the output."""
        return self.output is Form.TEXT


def begin(
    name: str,
    verb: "Verb",
    terms: Terms,
    way: _options.Way,
    *,
    quiesce: bool,
    dry_run: bool,
    keep_annotations: bool = False,
    verify: bool = False,
) -> None:
    """Begins a run of a plan: says what it will do, asks, makes the MigMigration, and waits where that is wanted.

    Args:
        name: of the plan.
        verb: what the run does.
        terms: how.
        way: to the host cluster.
        quiesce: stop the application in the source.
        dry_run: only find out what would happen; it is waited for.
        keep_annotations: leave the marks of the migration on the objects.
        verify: watch the health of the application afterwards.
    """
    from mtc.act import impact, plans, runs
    from mtc.api.migration.migmigration import MigMigration

    async def work(sites: "Sites") -> int:
        host = sites.host.client
        meant = await plans.find(host, name, namespace=way.namespace)
        wanted = runs.manifest(meant, verb, quiesce=quiesce, keep_annotations=keep_annotations, verify=verify, dry_run=dry_run)
        if not dry_run:
            runs.check(meant, wanted)
            if terms.is_text or not terms.yes:
                found = await impact.of(sites, meant, MigMigration.from_dict(wanted).spec)
                tell(impact_lines(meant, found, quiesce=quiesce), quiet=not terms.is_text)
            confirm(_("Begin {verb} of plan {plan}?").format(verb=verb.value, plan=meant.plan.name), yes=terms.yes)
        made = await runs.start(host, wanted)
        how = replace(terms, wait=True) if dry_run else terms
        return await end(sites, meant, made, how, said=_("created"), namespace=way.namespace)

    finish(work, way)


async def end(sites: "Sites", meant: "Meant", made: "MigMigration", terms: Terms, *, said: str, namespace: str) -> int:
    """What is printed once a run was made or changed, after it has ended where that is waited for; the exit code."""
    from mtc.act import endings
    from mtc.cli import _follow

    if terms.is_text:
        hint = "" if terms.wait else " " + _("`mtc status {name}` shows how it goes.").format(name=made.name)
        typer.echo(f"MigMigration {made.name} {said}.{hint}")
    code = 0
    if terms.wait:
        seen = await _follow.follow(sites, meant, made.name, namespace=namespace, timeout_s=terms.timeout_s, quiet=not terms.is_text)
        made, ending = seen.run, endings.of(seen.run)
        if ending is not None:
            code = ending.code
            if terms.is_text:
                _follow.tell_end(made, ending)
    if not terms.is_text:
        typer.echo(shown(made, terms.output))
    return code


def shown(made: "MigMigration", output: Form) -> str:
    """A run for a program."""
    return f"migmigration.migration.openshift.io/{made.name}" if output is Form.NAME else _look.dump(made.to_dict(), output.value)


def finish(work: "Callable[[Sites], Awaitable[int]]", way: _options.Way) -> None:
    """Does the work on the clusters and ends with the code that it gives. What could not be asked is told, and is no failure here."""
    code = _look.run(work, kubeconfig=way.kubeconfig, context=way.context, namespace=way.namespace, lenient=True)
    if code:
        raise typer.Exit(code)


def confirm(question: str, *, yes: bool) -> None:
    """Goes on only when the person agrees. Raises typer.BadParameter where nobody can be asked."""
    if yes:
        return
    if not sys.stdin.isatty():
        msg = _("nobody can be asked here; give --yes to go on without a question")
        raise typer.BadParameter(msg, param_hint="--yes")
    # On stderr, so that what a program reads holds nothing else.
    if not typer.confirm(question, err=True):
        typer.echo(_("Nothing was done."), err=True)
        raise typer.Exit(1)


def impact_lines(meant: "Meant", found: "Impact", *, quiesce: bool) -> Iterable[str]:
    """What a run will do to the application."""
    plan = meant.plan
    pairs = [entry.source if not entry.is_mapped else f"{entry.source} → {entry.target}" for entry in plan.namespace_mappings]
    yield _("Plan {plan}: from cluster {source} to cluster {target}").format(plan=plan.name, source=found.source, target=found.target)
    yield _("Namespaces: {names}").format(names=", ".join(pairs))
    if found.fills_again:
        yield _("Volumes that an earlier run has filled become what the source has now; files that only the target has are deleted.")
    if not quiesce:
        yield _("Nothing is stopped: the application keeps running.")
        return
    if found.unseen:
        yield _("What will be stopped in the source is not known: {why}").format(why=found.unseen)
    elif not found.stopped:
        yield _("Nothing runs in the source that would have to be stopped.")
    else:
        text = ngettext(
            "{count} workload on {source} will be stopped:", "{count} workloads on {source} will be stopped:", len(found.stopped)
        )
        yield text.format(count=len(found.stopped), source=found.source)
        yield from listed(found.stopped)
    if found.still:
        text = ngettext("{count} workload stands still already.", "{count} workloads stand still already.", len(found.still))
        yield text.format(count=len(found.still))
    yield estimate_line(found)


def estimate_line(found: "Impact") -> str:
    """For how long the application stands still."""
    from mtc.look import progress

    if found.estimate is None:
        return _("For how long is not known: no earlier run of this plan tells. A dry run gives a figure.")
    about = progress.length(found.estimate.seconds)
    basis = {
        "cutover": _("about {time}, as in {run}"),
        "dry-run": _("about {time}, as dry run {run} reckoned"),
        "stage": _("at least about {time}, which is what stage run {run} took to copy the volumes; objects and start come on top"),
    }[found.estimate.basis]
    return _("For how long: {estimate}.").format(estimate=basis.format(time=about, run=found.estimate.run))


def listed(names: Iterable[str]) -> Iterable[str]:
    """Names below a heading; not more than fit."""
    found = list(names)
    yield from (f"  {name}" for name in found[:_SHOWN])
    if len(found) > _SHOWN:
        yield "  " + _("and {count} more").format(count=len(found) - _SHOWN)


def tell(lines: Iterable[str], *, quiet: bool = False) -> None:
    """Prints a summary; on stderr where a program reads the output."""
    for line in lines:
        typer.echo(line, err=quiet)
