"""`mtc explain`: why something failed, whether the application is safe, what to do next."""

import enum
from typing import TYPE_CHECKING, Annotated

import typer

from mtc.cli import _look
from mtc.words import _

if TYPE_CHECKING:
    from mtc.diagnose.report import Explanation
    from mtc.diagnose.snapshot import Snapshot
    from mtc.look.sites import Sites

SECTION = "See what there is"


class Form(enum.StrEnum):
    """How the explanation is shown."""

    TEXT = "text"
    JSON = "json"
    YAML = "yaml"


def register(top: typer.Typer) -> None:
    """Adds the verb."""

    @top.command()
    def explain(
        name: Annotated[
            str | None, typer.Argument(help="Plan, migration, Backup, Restore, KIND/NAME, or a condition such as InvalidSaToken.")
        ] = None,
        *,
        output: Annotated[Form, typer.Option("--output", "-o", help="Form of the output.")] = Form.TEXT,
        archive: _look.Archive = None,
        kubeconfig: _look.Kubeconfig = None,
        context: _look.Context = None,
        namespace: _look.Namespace = _look.TOOLKIT,
    ) -> None:
        """Explain what went wrong: the cause first, the objects at fault, what proves it, and the next commands.

        All clusters are read once, nothing is changed, and values of Secrets are never shown. Without a name, every plan is
        explained. A condition is explained without any cluster; with --from, an archive of `mtc must-gather` is read instead.
        """
        from mtc.diagnose import dictionary

        if name and (meaning := dictionary.meant(name)) is not None:
            if output is Form.TEXT:
                for line in dictionary.lines(meaning):
                    typer.echo(line)
            else:
                typer.echo(_look.dump(meaning.to_dict(), output.value))
            return

        async def work(sites: "Sites") -> None:
            await explained(sites, name or "", namespace=namespace, output=output)

        _look.run(work, kubeconfig=kubeconfig, context=context, namespace=namespace, archive=archive)


async def explained(sites: "Sites", name: str, *, namespace: str, output: Form = Form.TEXT) -> None:
    """Reads what a name is about, every plan without one, and prints the explanations."""
    from mtc.diagnose import collect, report

    found = await collect.collect(sites, name, namespace=namespace, clock=lambda: sites.now)
    explanations = report.explain(found, name)
    if not explanations and output is Form.TEXT:
        typer.echo(_no_plan(found))
    _show(explanations, output)


def _no_plan(snapshot: "Snapshot") -> str:
    """What is said where nobody asked for a name and there is no plan, as far as that can be seen."""
    if why := snapshot.why_unread(snapshot.host) or snapshot.unread.get((snapshot.host, "MigPlan"), ""):
        return _("Whether there is a plan could not be looked at: {why}").format(why=snapshot.mask.text(why))
    return _("There is no plan in namespace {namespace}. `mtc plan create NAME` makes one.").format(namespace=snapshot.namespace)


def _show(explanations: "list[Explanation]", output: Form) -> None:
    """Prints explanations."""
    from mtc.diagnose import report

    if output is not Form.TEXT:
        items = [item.to_dict() for item in explanations]
        typer.echo(_look.dump(items[0] if len(items) == 1 else {"items": items}, output.value))
        return
    for number, item in enumerate(explanations):
        if number:
            typer.echo("")
        for line in report.lines(item):
            typer.echo(line)
