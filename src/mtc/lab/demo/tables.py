"""Show the custom resources of both clusters as people list them with `oc get` and `oc describe`."""

import asyncio
from collections.abc import Sequence

from mtc.kube.client import Client
from mtc.lab.demo.screen import Ink, Screen
from mtc.lab.demo.setting import TOOLKIT, Setting

_ON_HOST = ("migcluster", "migstorage", "migplan", "migmigration")
_EVERYWHERE = ("backup", "restore", "backupstoragelocation", "volumesnapshotlocation", "podvolumebackup", "podvolumerestore")
#: Longer than any sane status; what is cut is still in the cluster.
_LINES_MAX = 150


async def resources(setting: Setting, screen: Screen) -> None:
    """List all kinds on both clusters; kinds without objects are left out."""
    for cluster in setting.clusters:
        kinds = (*_ON_HOST, *_EVERYWHERE) if cluster is setting.target else _EVERYWHERE
        commands = [("get", _full(kind)) for kind in kinds]
        printed = await asyncio.gather(*(_ask(setting, cluster, *command, "--ignore-not-found") for command in commands))
        screen.line()
        screen.line(f"   on the {cluster.name} cluster", colour=Ink.cyan)
        for command, text in zip(commands, printed, strict=True):
            _show(screen, command, text)


async def migration(setting: Setting, screen: Screen, name: str) -> None:
    """Describe the migration."""
    command = ("describe", "migmigration", name)
    _show(screen, command, await _ask(setting, setting.target, *command))


async def _ask(setting: Setting, cluster: Client, *words: str) -> str:
    return await setting.kubectl(cluster, "-n", TOOLKIT, *words)


def _show(screen: Screen, command: Sequence[str], printed: str) -> None:
    if not printed.strip():
        return
    screen.line(f"   $ kubectl {' '.join(command)} -n {TOOLKIT}", colour=Ink.dim)
    lines = printed.rstrip().splitlines()
    for line in lines[:_LINES_MAX]:
        screen.line(f"   {line}")
    if len(lines) > _LINES_MAX:
        screen.line(f"   ... and {len(lines) - _LINES_MAX} lines more", colour=Ink.dim)


def _full(kind: str) -> str:
    """The name with its group, where another installed API may use the same short one."""
    return kind if kind.startswith("mig") else f"{kind}s.velero.io"
