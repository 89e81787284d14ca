"""The demo from its first step to its verdict."""

import contextlib
import os
import shutil
import sys
import time
from collections.abc import Awaitable, Callable, Iterator

from mtc import errors as mtc_errors
from mtc.install import run as installation
from mtc.kube.client import Client
from mtc.lab import tasks, up
from mtc.lab.demo import clean, declare, errors, follow, proof, setting, shop, tables, volumes
from mtc.lab.demo.screen import Ink, Screen, format_s
from mtc.lab.demo.setting import PLAN, SHOP, TOOLKIT, Setting

#: The migration of the sock shop in the documentation: 2019-08-29T01:01:29Z to 01:03:40Z.
_DOCUMENTED_S = 131.0
_PODS_PATH = "/var/lib/kubelet/pods"
#: Given the host cluster, the toolkit's namespace and the name of a migration. The layers that can explain are above this one.
Explain = Callable[[Client, str, str], Awaitable[None]]


@contextlib.contextmanager
def _step(screen: Screen, number: int, title: str, *, look: str) -> Iterator[None]:
    """A step of the demo, under its heading.

    Args:
        screen: where it is shown.
        number: of the step.
        title: what it does.
        look: a command that helps when it fails.

    Raises:
        errors.StepFailed: it failed; says which step it was, why, and what to look at.
    """
    screen.heading(number, title)
    started = time.monotonic()
    try:
        yield
    except errors.NotProved:
        raise
    except mtc_errors.MtcError as error:
        raise errors.StepFailed(f"Step {number} of the demo ({title}) failed: {error}\nLook at: {look}") from error
    screen.line(f"   {format_s(time.monotonic() - started)}", colour=Ink.dim)


async def demo(lab: str, explain: Explain) -> None:
    """Run the demo in the lab of that name, which is started unless it runs, and stays.

    Args:
        lab: its name.
        explain: shows why a migration did not end well.

    Raises:
        errors.StepFailed: a step did not come to its end.
        errors.NotProved: the target is not what the source was.
    """
    screen = Screen()
    with _step(screen, 1, f"The lab {lab}: two clusters, S3 and a registry", look=f"mtc lab status --name {lab}"):
        values = await up.up(lab)
    async with setting.opened(lab, values) as found:
        await _prepare(found, screen)
        await _deploy(found, screen)
        before = await _declare(found, screen)
        story = await _migrate(found, screen, explain)
        proved = await _prove(found, screen, before)
        _sum_up(found, screen, story)
    if not proved:
        raise errors.NotProved("The target is not what the source was: see the lines that are marked NO above.")


async def _prepare(found: Setting, screen: Screen) -> None:
    """Have the toolkit on both clusters, and nothing of an earlier run."""
    with _step(screen, 2, "The toolkit on both clusters (mtc install)", look=f"kubectl get pods -n {TOOLKIT}"):
        await tasks.together(*(_install(found, screen, cluster) for cluster in found.clusters))
    with _step(screen, 3, "What an earlier demo has left", look=f"kubectl get migplan,migmigration -n {TOOLKIT}; kubectl get ns {SHOP}"):
        count = await clean.plan(found)
        had_shop = await clean.shop(found)
        count += await clean.locations_left(found)
        screen.note(f"removed {count} custom resources and the shop" if count or had_shop else "nothing")


async def _install(found: Setting, screen: Screen, cluster: Client) -> None:
    changed = await installation.install(
        cluster,
        image=found.values["MTC_LAB_IMAGE"],
        host=cluster is found.target,
        namespace=TOOLKIT,
        pods_path=_PODS_PATH,
        tell=lambda text: screen.transient(f"   {cluster.name}: {text}"),
    )
    screen.good(f"{cluster.name}: installed, {changed} objects changed")


async def _deploy(found: Setting, screen: Screen) -> None:
    look = f"kubectl get pods -n {SHOP}; kubectl logs job/seed -n {SHOP} --all-containers (on the source cluster)"
    with _step(screen, 4, "A sock shop on the source, with data", look=look):
        reference = await shop.image(found)
        started = time.monotonic()
        count = await shop.deploy(found, reference)
        screen.good(f"{count} objects applied")
        await shop.until_seeded(found)
        screen.good(f"databases and pictures seeded, {format_s(time.monotonic() - started)} after the objects")
        await shop.until_ready(found.source)
        screen.good("every workload is ready")


async def _declare(found: Setting, screen: Screen) -> proof.State:
    """What the source has, counted before the migration stops it."""
    look = f"kubectl describe migcluster,migstorage,migplan -n {TOOLKIT} (on the target cluster)"
    with _step(screen, 5, "Clusters, storage and plan (MigCluster, MigStorage, MigPlan)", look=look):
        await declare.clusters(found)
        screen.good("MigCluster host and source are Ready")
        await declare.storage(found)
        screen.good("MigStorage is Ready: the bucket can be written, read and emptied")
        plan = await declare.plan(found)
        chosen = plan["spec"].get("persistentVolumes") or []
        screen.good(f"MigPlan {PLAN} is Ready: {len(chosen)} volumes found")
    with _step(screen, 6, "What the source has before the migration", look=f"kubectl get pods -n {SHOP} (on the source cluster)"):
        before = await proof.state(found.source)
        counted = sum(table.rows for table in before.tables.values())
        objects = sum(len(kind.names) for kind in before.kinds.values())
        screen.note(f"{counted:,} rows in {len(before.tables)} tables, {objects} objects of {len(before.kinds)} kinds")
    return before


async def _migrate(found: Setting, screen: Screen, explain: Explain) -> follow.Story:
    look = f"kubectl describe migmigration -n {TOOLKIT}; kubectl logs deploy/migration-controller -n {TOOLKIT} (on the target cluster)"
    with _step(screen, 7, "The migration (MigMigration with quiescePods)", look=look):
        story = follow.Story(follow.new_name(), time.monotonic())
        try:
            await follow.run(found, screen, story)
        except errors.MigrationEnded:
            screen.line()
            await explain(found.target, TOOLKIT, story.name)
            raise
        screen.note(screen.ink(f"Succeeded after {format_s(story.total_s)}", Ink.green))
        screen.note("longest phases: " + ", ".join(f"{name} {format_s(lasted)}" for name, lasted in story.slowest(6)))
    with _step(screen, 8, "The custom resources, as MTC makes them", look=f"kubectl get all -n {TOOLKIT}"):
        await tables.resources(found, screen)
        await tables.migration(found, screen, story.name)
    return story


async def _prove(found: Setting, screen: Screen, before: proof.State) -> bool:
    """Whether the target is what the source was."""
    with _step(screen, 9, "The proof: the target beside the source", look=f"kubectl get pods -n {SHOP} (on both clusters)"):
        await shop.until_ready(found.target)
        after = await proof.state(found.target)
        verdicts = [proof.same_rows(screen, before.tables, after.tables)]
        screen.line()
        verdicts.append(proof.same_objects(screen, before.kinds, after.kinds))
        screen.line()
        verdicts.append(proof.same_volumes(screen, await volumes.compare(found)))
        screen.line()
        verdicts.append(await proof.answers(screen, found))
    return all(verdicts)


def _sum_up(found: Setting, screen: Screen, story: follow.Story) -> None:
    name = "" if found.lab == "default" else f" --name {found.lab}"
    command = "mtc" if shutil.which("mtc") else os.path.relpath(sys.argv[0])
    screen.line()
    ratio = _DOCUMENTED_S / story.total_s
    screen.line(
        f"The migration took {format_s(story.total_s)}; the sock shop of the documentation took {_DOCUMENTED_S:.0f} s in 2019 ({ratio:.1f} times as long).",
        colour=Ink.bold,
    )
    screen.line("The lab stays up. To look around:")
    screen.line(f'   eval "$({command} lab env{name})"')
    screen.line(f"   $MTC_LAB_KUBECTL --kubeconfig $MTC_LAB_TARGET_KUBECONFIG get migmigration -n {TOOLKIT}")
    screen.line(f"   $MTC_LAB_KUBECTL --kubeconfig $MTC_LAB_TARGET_KUBECONFIG get all -n {SHOP}")
    screen.line(f"   $MTC_LAB_KUBECTL --kubeconfig $MTC_LAB_SOURCE_KUBECONFIG get all -n {SHOP}")
    screen.line(f"To take it down: {command} lab down{name}")
