"""`mtc logs`: log lines of all clusters about one thing, in the order of time."""

import enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mtc.cli import _look, _options

if TYPE_CHECKING:
    from mtc.look.lines import Line
    from mtc.look.sites import Sites

SECTION = "See what there is"


class Level(enum.StrEnum):
    """How important a line is at least."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class Component(enum.StrEnum):
    """What wrote a line."""

    CONTROLLER = "controller"
    ENGINE = "engine"
    NODE_AGENT = "node-agent"
    HOOK = "hook"
    STAGE_POD = "stage-pod"


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
        since: Annotated[str, typer.Option(callback=_options.duration, help="Only lines of this last time, such as 10m or 1h30m.")] = "",
        level: Annotated[Level, typer.Option(help="Only lines of this level or a higher one.")] = Level.DEBUG,
        component: Annotated[
            list[Component] | None, typer.Option(help="Only of controller, engine, node-agent, hook or stage-pod; may be given again.")
        ] = None,
        cluster: _look.Cluster = None,
        output: Annotated[Form, typer.Option("--output", "-o", help="Form of the output; json is one object a line.")] = Form.TEXT,
        save: Annotated[
            Path | None, typer.Option(help="Write the lines into this zip file: one file for each pod, and one with all in order of time.")
        ] = None,
        archive: _look.Archive = None,
        kubeconfig: _look.Kubeconfig = None,
        context: _look.Context = None,
        namespace: _look.Namespace = _look.TOOLKIT,
    ) -> None:
        """Show the log lines of controller, engines and node agents of all clusters in the order of time.

        With a name, only lines about that plan, migration, Backup or Restore and what was made for it, with those of its hooks and
        stage pods. What a process wrote before its last restart is shown as well, and so is what it wrote when it died. Lines of
        Backups and Restores whose pods are gone come from the bucket. Where the clock of a cluster differs from that of the host,
        this is said, and its lines are put where they belong by the clock of the host.
        """
        import json

        from mtc.api import durations
        from mtc.look import clocks, subjects, timeline, zipped

        if follow and (save or archive):
            raise typer.BadParameter("shows lines that come; they cannot be saved, nor read from an archive", param_hint="--follow")
        since_s = max(1, int(durations.parse(since).total_seconds())) if since else None

        def show(line: "Line") -> None:
            typer.echo(line.text() if output is Form.TEXT else json.dumps(line.to_dict(), ensure_ascii=False))

        async def work(sites: "Sites") -> None:
            subject = await subjects.find(sites, name, namespace=namespace) if name else None
            chosen = sites if cluster is None else _look.only(sites, cluster)
            ahead = {} if archive else clocks.noticed(await clocks.offsets(sites), sites.host.name)
            for place, seconds in ahead.items():
                typer.echo(f"mtc: {clocks.told(place, sites.host.name, seconds)}", err=True)
            wanted = timeline.Wanted(subject, level.value, frozenset(each.value for each in component or ()), since_s)
            if follow:
                await timeline.follow(chosen, wanted, show, namespace=namespace, offsets_s=ahead)
            lines = await timeline.past(chosen, wanted, namespace=namespace, offsets_s=ahead)
            if save:
                typer.echo(f"{save}: {zipped.write(save, lines)} lines")
                return
            for line in lines:
                show(line)

        _look.run(work, kubeconfig=kubeconfig, context=context, namespace=namespace, archive=archive)
