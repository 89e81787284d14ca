"""What the verbs that show something share: their options, the way into the clusters, and how output reaches a person."""

import json
import shutil
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from mtc.cli import _options

if TYPE_CHECKING:
    import asyncio

    from mtc.kube.client import Client
    from mtc.look.sites import Sites

_T = TypeVar("_T")
#: What was shown is right, but something could not be asked.
WITH_WARNINGS = 3
#: So many new objects of Python are made before those that nothing refers to any more are looked for. With Python's own 700, tens of
#: thousands of objects of Kubernetes, all of which stay until the end, would be gone through again and again.
_COLLECTED_AFTER = 1_000_000

Kubeconfig = _options.Kubeconfig
Context = _options.Context
Namespace = _options.Namespace
Cluster = _options.Cluster
Archive = Annotated[Path | None, typer.Option("--from", help="An archive of `mtc must-gather`, to look at in place of the clusters.")]
TOOLKIT = _options.TOOLKIT


def run(
    work: Callable[["Sites"], Awaitable[_T]],
    *,
    kubeconfig: str | None,
    context: str | None,
    namespace: str,
    cluster: str | None = None,
    lenient: bool = False,
    archive: Path | None = None,
) -> _T:
    """The result of work on the clusters; tells on stderr what could not be asked, and ends with 3 then unless `lenient`.

    With an archive, work is on the clusters as they were when it was made.
    """
    import asyncio
    import gc

    gc.freeze()
    gc.set_threshold(_COLLECTED_AFTER)
    troubles: list[str] = []

    async def connected() -> _T:
        nonlocal troubles
        async with _opened(kubeconfig, context, namespace, archive) as found:
            troubles = found.troubles
            return await work(found if cluster is None else only(found, cluster))

    try:
        with asyncio.Runner(loop_factory=_quick_loop()) as runner:
            result = runner.run(connected())
    finally:
        for trouble in dict.fromkeys(troubles):
            typer.echo(f"mtc: {trouble}", err=True)
    if troubles and not lenient:
        raise typer.Exit(WITH_WARNINGS)
    return result


def _quick_loop() -> "Callable[[], asyncio.AbstractEventLoop] | None":
    """What makes a loop that takes less of the processor for each request; None where there is none."""
    if sys.platform == "win32":
        return None
    import uvloop

    return uvloop.new_event_loop


def on_host(work: Callable[["Client"], Awaitable[int]], way: _options.Way) -> None:
    """Does work on the host cluster alone, and ends with the code that it gives."""
    import asyncio

    from mtc.kube import access, client
    from mtc.look import sites

    async def connected() -> int:
        found = access.default(way.kubeconfig, context=way.context)
        async with client.Client(found, name=way.context or sites.HOST) as host:
            return await work(host)

    if code := asyncio.run(connected()):
        raise typer.Exit(code)


@asynccontextmanager
async def _opened(kubeconfig: str | None, context: str | None, namespace: str, archive: Path | None) -> AsyncIterator["Sites"]:
    if archive is not None:
        from mtc.gather import reader

        async with reader.opened(archive) as opened:
            if opened.namespace != namespace:
                msg = f"The archive is about namespace {opened.namespace}: add -n {opened.namespace}."
                raise typer.BadParameter(msg, param_hint="--namespace")
            yield opened.sites
        return
    from mtc.kube import access, client
    from mtc.look import sites

    way = access.default(kubeconfig, context=context)
    async with client.Client(way, name=context or sites.HOST) as host, sites.opened(host, namespace) as found:
        yield found


def only(sites: "Sites", cluster: str) -> "Sites":
    """One of the clusters, by its name. Raises typer.BadParameter."""
    try:
        return sites.only(cluster)
    except KeyError as error:
        msg = f"There is no way into a cluster {cluster!r}. Known are: {sites.names}."
        raise typer.BadParameter(msg, param_hint="--cluster") from error


def width() -> int | None:
    """Columns of the terminal; None where output goes elsewhere and nothing is to be shortened."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def dump(data: Any, form: str) -> str:
    """Data as `json` or `yaml`."""
    if form == "json":
        return json.dumps(data, indent=2, ensure_ascii=False)
    import yaml

    text: str = yaml.safe_dump(data, sort_keys=False, allow_unicode=True)
    return text.rstrip()
