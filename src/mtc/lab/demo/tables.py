"""Show the custom resources of both clusters as people list them with `oc get` and `oc describe`."""

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
        screen.line()
        screen.line(f"   on the {cluster.name} cluster", colour=Ink.cyan)
        for kind in kinds:
            await _show(setting, screen, cluster, "get", _full(kind))


async def migration(setting: Setting, screen: Screen, name: str) -> None:
    """Describe the migration."""
    await _show(setting, screen, setting.target, "describe", "migmigration", name)


async def _show(setting: Setting, screen: Screen, cluster: Client, *words: str) -> None:
    printed = await setting.kubectl(cluster, "-n", TOOLKIT, *words, *(("--ignore-not-found",) if words[0] == "get" else ()))
    if not printed.strip():
        return
    screen.line(f"   $ kubectl {' '.join(words)} -n {TOOLKIT}", colour=Ink.dim)
    lines = printed.rstrip().splitlines()
    for line in lines[:_LINES_MAX]:
        screen.line(f"   {line}")
    if len(lines) > _LINES_MAX:
        screen.line(f"   ... and {len(lines) - _LINES_MAX} lines more", colour=Ink.dim)


def _full(kind: str) -> str:
    """The name with its group, where another installed API may use the same short one."""
    return kind if kind.startswith("mig") else f"{kind}s.velero.io"
