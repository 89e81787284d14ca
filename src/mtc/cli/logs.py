"""`mtc logs`: log lines of all clusters about one thing, in the order of time."""

import enum
from typing import TYPE_CHECKING, Annotated

import typer

from mtc.cli import _look

if TYPE_CHECKING:
    from mtc.look.sites import Sites
    from mtc.look.timeline import Line

SECTION = "See what there is"


class Level(enum.StrEnum):
    """How important a line is at least."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class Form(enum.StrEnum):
    """How lines are shown."""

    TEXT = "text"
    JSON = "json"


def register(top: typer.Typer) -> None:
    """Adds the verb."""

    @top.command()
    def logs(
        name: Annotated[str | None, typer.Argument(help="MigPlan, MigMigration, Backup or Restore; without it all lines.")] = None,
        *,
        follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with lines as they come.")] = False,
        since: Annotated[str, typer.Option(help="Only lines of this last time, such as 10m or 1h30m.")] = "",
        level: Annotated[Level, typer.Option(help="Only lines of this level or a higher one.")] = Level.DEBUG,
        component: Annotated[list[str] | None, typer.Option(help="Only of controller, engine or node-agent; may be given again.")] = None,
        cluster: _look.Cluster = None,
        output: Annotated[Form, typer.Option("--output", "-o", help="Form of the output; json is one object a line.")] = Form.TEXT,
        kubeconfig: _look.Kubeconfig = None,
        context: _look.Context = None,
        namespace: _look.Namespace = _look.TOOLKIT,
    ) -> None:
        """Show the log lines of controller, engines and node agents of all clusters in the order of time.

        With a name, only lines about that plan, migration, Backup or Restore and what was made for it. What a process wrote
        before its last restart is shown as well, and so is what it wrote when it died.
        """
        import json

        from mtc.api import durations
        from mtc.look import subjects, timeline

        since_s = max(1, int(durations.parse(since).total_seconds())) if since else None

        def show(line: "Line") -> None:
            typer.echo(line.text() if output is Form.TEXT else json.dumps(line.to_dict(), ensure_ascii=False))

        async def work(sites: "Sites") -> None:
            subject = await subjects.find(sites, name, namespace=namespace) if name else None
            chosen = sites
            if cluster is not None:
                chosen = _look.only(sites, cluster)
            wanted = timeline.Wanted(subject, level.value, frozenset(component or ()), since_s)
            if follow:
                await timeline.follow(chosen, wanted, show, namespace=namespace)
            for line in await timeline.past(chosen, wanted, namespace=namespace):
                show(line)

        _look.run(work, kubeconfig=kubeconfig, context=context, namespace=namespace)
