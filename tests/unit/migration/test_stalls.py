"""The causes are complete and explained; the watchdog says what they find, and nothing where none fits."""

import importlib
import pkgutil
from datetime import timedelta

import pytest

from kit import pieces
from mtc.api import catalogue, conditions
from mtc.kube.client import Client, Object
from mtc.kube.resources import ResourceType
from mtc.migration import itineraries, status
from mtc.migration.outcome import Subject, Wait
from mtc.migration.stalls import causes, watchdog
from mtc.migration.stalls.causes import finalizer, image_pull, not_ending, unbound_claim, unschedulable
from mtc.migration.stalls.look import Look, describe, short

SCOPE = pieces.scope(pieces.migration(), pieces.plan())
PHASE = itineraries.FINAL.phase("EnsureSrcQuiesced")


def look(*subjects: Subject) -> Look:
    """A look at these objects."""
    return Look(SCOPE, subjects, quiet="90 s")


def going(name: str = "web-1", **meta: object) -> Subject:
    """A pod that has to go."""
    pod = pieces.pod(name)
    pod["metadata"] |= meta
    return Subject(SCOPE.source, pod, goes=True)


def test_each_file_is_one_cause_with_a_reason_of_its_own() -> None:
    """The folder is scanned."""
    files = [found.name for found in pkgutil.iter_modules(causes.__path__)]
    reasons = [importlib.import_module(f"{causes.__name__}.{name}").CAUSE.reason for name in files]
    assert len(set(reasons)) == len(files) == len(watchdog.load()) >= 12
    assert len({cause.order for cause in watchdog.load()}) == len(files)


@pytest.mark.parametrize("reason", [*(cause.reason for cause in watchdog.load()), watchdog.CLUSTER_UNREACHABLE])
def test_each_cause_is_explained_with_a_remedy(reason: str) -> None:
    """By an entry of its own."""
    found = catalogue.find("MigMigration", conditions.STALLED, reason, category=conditions.WARN)
    assert found is not None
    assert found.reason == reason
    assert found.remedy


async def test_what_is_found_is_one_condition_with_the_first_three() -> None:
    """The rest is counted; the same look says the same words, so that nothing is written again."""
    subjects = tuple(going(f"web-{number}", deletionTimestamp="2026-11-23T12:30:00Z") for number in range(5))
    wait = Wait((), "PodsRunning", "m", objects=subjects)
    (told,) = await watchdog.judge(SCOPE, PHASE, wait, stalled_s=90)
    assert (told.type, told.category, told.reason) == (conditions.STALLED, conditions.WARN, "PodNotEnding")
    assert told.message.startswith("EnsureSrcQuiesced waits, and nothing has moved for 90 s. Pod shop/web-0 on cluster remote: ")
    assert "shop/web-2" in told.message
    assert "shop/web-3" not in told.message
    assert told.message.endswith("2 more objects are held up.")
    assert await watchdog.judge(SCOPE, PHASE, wait, stalled_s=90) == [told]


async def test_nothing_is_said_where_no_cause_fits() -> None:
    """The general words of the phase remain."""
    assert await watchdog.judge(SCOPE, PHASE, Wait((), "r", "m"), stalled_s=90) == []


@pytest.mark.parametrize(
    ("meta", "words", "command"),
    [
        ({"deletionTimestamp": "2026-11-23T12:30:00Z"}, "may take until 2026-11-23T12:30:00Z", "kubectl -n shop describe pod web-1"),
        ({"deletionTimestamp": "2026-11-23T11:30:00Z"}, "without a node", "kubectl -n shop describe pod web-1"),
        ({}, "nobody has told it to end", "kubectl -n shop describe pod web-1"),
    ],
)
async def test_a_pod_that_has_to_end(meta: dict[str, object], words: str, command: str) -> None:
    """Told to end or not, in time or late."""
    (found,) = await not_ending.find(look(going(**meta)))
    assert words in found.why
    assert found.command == command


async def test_a_pod_of_a_node_that_is_silent() -> None:
    """The node is looked at next."""
    late = going(deletionTimestamp="2026-11-23T11:30:00Z")
    late.item["spec"]["nodeName"] = "n1"
    (found,) = await not_ending.find(look(late))
    assert "node n1" in found.why
    assert found.command == "kubectl get node n1"


async def test_a_finalizer_of_the_cluster_itself_is_no_cause() -> None:
    """An owner that is deleted in the foreground waits for what it owns."""
    assert list(await finalizer.find(look(going(deletionTimestamp="x", finalizers=["foregroundDeletion"])))) == []
    (found,) = await finalizer.find(look(going(deletionTimestamp="x", finalizers=["foregroundDeletion", "example.com/hold"])))
    assert "example.com/hold" in found.why
    assert list(await not_ending.find(look(going(deletionTimestamp="x", finalizers=["example.com/hold"])))) == []


def waiting(reason: str, message: str = "") -> Object:
    """A pod with a container that waits."""
    pod = pieces.pod("stage", phase="Pending")
    entry = {"name": "c", "image": "r/i:1", "state": {"waiting": {"reason": reason, "message": message}}}
    pod["status"]["containerStatuses"] = [entry]
    return pod


class Prepared(Look):
    """A look that finds what is given."""

    found: dict[str, list[Object]]

    async def read(
        self, cluster: Client, kind: ResourceType, *, namespace: str, label_selector: str = "", field_selector: str = ""
    ) -> list[Object]:
        """Objects of a kind."""
        del cluster, namespace, label_selector, field_selector
        return self.found.get(kind.kind, [])


@pytest.mark.parametrize(
    ("said", "events", "claim_is_told"),
    [
        ("0/3 nodes are available: 3 Insufficient cpu.", [], False),
        ("0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims.", [], True),
        ("0/3 nodes are available: 3 Insufficient cpu.", [{"type": "Warning", "message": "no disks left", "metadata": {}}], True),
    ],
)
async def test_a_claim_that_waits_for_its_pod_is_not_the_cause(said: str, events: list[Object], *, claim_is_told: bool) -> None:
    """With a class that waits for its first consumer it is the pod that has no node; else the claim, and either of them alone."""
    pod = pieces.pod("stage", claims=("data",), phase="Pending")
    pod["status"]["conditions"] = [{"type": "PodScheduled", "status": "False", "message": said}]
    meta = {"name": "data", "namespace": "shop", "uid": "uid-data"}
    claim = {"kind": "PersistentVolumeClaim", "metadata": meta, "spec": {}, "status": {"phase": "Pending"}}
    prepared = Prepared(SCOPE, [Subject(SCOPE.source, pod)], quiet="90 s")
    prepared.found = {"PersistentVolumeClaim": [claim], "Event": events}
    assert bool(list(await unbound_claim.find(prepared))) == claim_is_told
    assert bool(list(await unschedulable.find(prepared))) != claim_is_told


async def test_the_words_about_an_image_do_not_change_between_two_tries() -> None:
    """The kubelet says in turns that it failed and that it waits."""
    why = "failed to resolve reference: not found"
    pods = [waiting("ErrImagePull", why), waiting("ImagePullBackOff", f'Back-off pulling image "r/i:1": ErrImagePull: {why}')]
    told = [list(await image_pull.find(look(Subject(SCOPE.source, pod)))) for pod in pods]
    assert told[0] == told[1]
    assert told[0][0].why == f"image r/i:1 of container c cannot be pulled: {why}."


def test_a_message_of_others_is_cut_and_put_on_one_line() -> None:
    """Container runtimes are talkative."""
    assert short("a\n  b") == "a b."
    assert len(short("x" * 1000)) == 401
    assert short("") == ""


def test_the_command_names_the_group_of_a_custom_resource() -> None:
    """Two kinds may have the same name."""
    item = {"apiVersion": "velero.io/v1", "kind": "Backup", "metadata": {"name": "b", "namespace": "mig"}}
    assert describe(Subject(SCOPE.source, item)) == "kubectl -n mig describe backup.velero.io b"
    assert describe(Subject(SCOPE.source, {"apiVersion": "batch/v1", **pieces.workload("Job", "j")})) == "kubectl -n shop describe job j"


def test_a_named_cause_takes_the_place_of_the_general_words() -> None:
    """And without one a wait that has lost its patience says so itself."""
    migration = pieces.migration()
    scope = pieces.scope(migration, pieces.plan())
    migration.status = status.enter(migration.status, scope)
    late = pieces.scope(migration, pieces.plan(), now=pieces.NOW + timedelta(seconds=400))
    named = conditions.Condition(type=conditions.STALLED, category=conditions.WARN, reason="NoNodeAgent")
    wait = Wait((), "r", "m", patience_s=0.0)
    for staged, reason in (([named], "NoNodeAgent"), ([], "")):
        after = status.compute(migration.status, late, wait, staged=staged)
        found = conditions.find(after.conditions, conditions.STALLED)
        assert found is not None
        assert found.reason == reason
