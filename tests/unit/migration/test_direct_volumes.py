"""Direct copies of volumes: which pods are made next, what they look like, and what their end means."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mtc.api import base, conditions, helper_containers, names, sending
from mtc.api.migration.directvolumemigration import DirectVolumeMigration, PvcToMigrate, RsyncOperation
from mtc.api.migration.migmigration import MigMigrationSpec
from mtc.api.proof import FileDifference
from mtc.api.sending import Sent
from mtc.api.settings.model import ClusterSettings
from mtc.kube.client import Object
from mtc.migration.direct.volumes import declared, endpoints, keys, operations, security, settings_files, targets
from mtc.migration.direct.volumes.operations import Operation, State

NOW = datetime(2026, 11, 30, 12, 0, 0, tzinfo=UTC)
CLAIM = PvcToMigrate(namespace="shop", name="data", target_storage_class="fast", target_access_modes=["ReadWriteOnce"])


def pod(attempt: int, phase: str, sent: Sent | None = None, *, ended_s: float = 1000, claim: str = "data") -> Object:
    """A sender."""
    state: dict[str, Any] = {}
    if phase in {"Succeeded", "Failed"}:
        ended = base.format_time(NOW - timedelta(seconds=ended_s))
        state = {"terminated": {"finishedAt": ended, "startedAt": ended, "message": sent.to_json() if sent else ""}}
    labels = {names.CREATED_FOR_PVC: names.pvc_digest(claim), names.RSYNC_ATTEMPT: str(attempt)}
    status = {"phase": phase, "containerStatuses": [{"name": "rsync", "state": state}]}
    return {"metadata": {"name": f"rsync-{attempt}", "namespace": "shop", "labels": labels}, "status": status}


def look(*pods: Object, known: list[RsyncOperation] | None = None, attempts: int = 20) -> Operation:
    """Where the claim stands."""
    return operations.of_claims([CLAIM], pods, known or [], attempts=attempts, now=NOW)[0]


GOOD, BROKEN = Sent(copied=True), Sent(reason="Unreachable", message="The connection broke.")


@pytest.mark.parametrize(
    ("pods", "state", "attempt", "is_over"),
    [
        ([], State.WAITING, 0, False),
        ([pod(1, "Pending")], State.PENDING, 1, False),
        ([pod(1, "Running")], State.RUNNING, 1, False),
        ([pod(1, "Unknown")], State.UNKNOWN, 1, False),
        ([pod(1, "Succeeded", GOOD)], State.SUCCEEDED, 1, True),
        ([pod(1, "Failed", BROKEN)], State.FAILED, 1, False),
        ([pod(2, "Running"), pod(1, "Failed", BROKEN)], State.RUNNING, 2, False),
        ([pod(20, "Failed", BROKEN)], State.FAILED, 20, True),
        # A pod that ends well and does not say that everything has arrived is not believed.
        ([pod(1, "Succeeded")], State.FAILED, 1, False),
        ([pod(1, "Succeeded", BROKEN)], State.FAILED, 1, False),
        # What does not pass by itself is not tried twenty times.
        ([pod(1, "Failed", Sent(reason="NoSpace"))], State.FAILED, 1, False),
        ([pod(2, "Failed", Sent(reason="NoSpace"))], State.FAILED, 2, True),
    ],
)
def test_where_a_claim_stands(pods: list[Object], state: State, attempt: int, *, is_over: bool) -> None:
    """By its newest pod."""
    found = look(*pods)
    assert (found.state, found.attempt, found.is_over) == (state, attempt, is_over)


def test_pods_that_are_gone_are_remembered() -> None:
    """An attempt whose pod was deleted counts, and a copy that is written down as done is not done again."""
    reference = {"namespace": "shop", "name": "data"}
    known = RsyncOperation.model_validate({"pvcReference": reference, "currentAttempt": 3})
    assert (look(known=[known]).state, look(known=[known]).attempt) == (State.WAITING, 3)
    assert look(known=[known], attempts=3).is_over
    done = known.model_copy(update={"succeeded": True})
    assert look(known=[done]).state is State.SUCCEEDED


def test_another_attempt_waits_a_moment_and_then_longer() -> None:
    """What is wrong may take a while to pass; the wait is bounded."""
    waits = [look(pod(number, "Failed", BROKEN, ended_s=0)).pause_s for number in range(1, 10)]
    assert waits == sorted(waits)
    assert 0 < waits[0] < waits[3]
    assert waits[-1] == waits[-2]
    assert operations.due([look(pod(1, "Failed", BROKEN, ended_s=0))]) == []
    assert operations.due([look(pod(1, "Failed", BROKEN))])


def test_only_so_many_send_at_once_and_what_was_not_tried_comes_first() -> None:
    """More would only share the same network."""
    claims = [PvcToMigrate(namespace="shop", name=f"data-{number}") for number in range(20)]
    failed = pod(1, "Failed", BROKEN, claim="data-0")
    found = operations.of_claims(claims, [failed, pod(1, "Running", claim="data-1")], [], attempts=5, now=NOW)
    due = operations.due(found)
    assert len(due) == operations.AT_ONCE - 1
    assert "data-0" not in {entry.claim.name for entry in due}


def test_the_status_lists_pods_by_what_they_do() -> None:
    """With the claim, and how far they are."""
    found = [look(pod(1, "Running"))]
    progress = {("shop", "data"): {"totalProgressPercentage": "42%", "lastObservedTransferRate": "1.50MB/s", "rsyncElapsedTime": "3s"}}
    told = operations.fields(found, progress)
    (entry,) = told["runningPods"]
    assert (entry["name"], entry["pvcRef"]["name"], entry["lastObservedProgressPercent"]) == ("rsync-1", "data", "42%")
    assert told["successfulPods"] is None
    assert told["rsyncOperations"] == [{"pvcReference": {"namespace": "shop", "name": "data"}, "currentAttempt": 1}]


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (["connect: No route to host", "connect: No route to host"], conditions.RSYNC_NO_ROUTE_TO_HOST),
        (["TIMEOUTconnect exceeded", "timed out"], conditions.RSYNC_TIMED_OUT),
        (["No route to host", "certificate verify failed"], ""),
        ([], ""),
    ],
)
def test_the_network_is_to_blame_only_where_nobody_got_through(said: list[str], reason: str) -> None:
    """One sender that fares otherwise, and it is something else."""
    found = [Operation(CLAIM, State.FAILED, 1, sent=Sent(reason="Unreachable", message=text)) for text in said]
    assert operations.network_error(found) == reason
    assert operations.network_error([*found, Operation(CLAIM, State.SUCCEEDED, 1, sent=GOOD)]) == ""


def test_the_new_claim_is_like_the_old_one() -> None:
    """Without what belongs to its cluster and its volume, in the class and the mode that were chosen, and never smaller."""
    source: Object = {
        "metadata": {
            "name": "data",
            "namespace": "shop",
            "labels": {"app": "web"},
            "annotations": {"note": "kept", "pv.kubernetes.io/bind-completed": "yes", "volume.kubernetes.io/selected-node": "n1"},
        },
        "spec": {
            "accessModes": ["ReadWriteMany"],
            "storageClassName": "slow",
            "volumeName": "pv-1",
            "dataSource": {"kind": "VolumeSnapshot", "name": "old"},
            "selector": {"matchLabels": {"disk": "ssd"}},
            "resources": {"requests": {"storage": "5Gi"}},
        },
    }
    wanted = CLAIM.model_copy(update={"target_namespace": "new", "target_name": "files"})
    made = targets.new_claim(source, wanted, labels={"mine": "1"}, at_least="7Gi")
    assert (made["metadata"]["namespace"], made["metadata"]["name"]) == ("new", "files")
    assert made["metadata"]["labels"] == {"app": "web", "mine": "1"}
    assert made["metadata"]["annotations"] == {"note": "kept"}
    assert made["spec"] == {"accessModes": ["ReadWriteOnce"], "storageClassName": "fast", "resources": {"requests": {"storage": "7Gi"}}}
    assert targets.new_claim(source, wanted, labels={}, at_least="1Gi")["spec"]["resources"]["requests"]["storage"] == "5Gi"
    automatic = CLAIM.model_copy(update={"target_access_modes": ["auto"], "target_volume_mode": "auto"})
    assert targets.new_claim(source, automatic, labels={}, at_least="")["spec"]["accessModes"] == ["ReadWriteMany"]


@pytest.mark.parametrize(
    ("labels", "asked", "is_root"),
    [
        ({}, None, True),
        ({"pod-security.kubernetes.io/enforce": "privileged"}, MigMigrationSpec(), True),
        ({"pod-security.kubernetes.io/enforce": "baseline"}, MigMigrationSpec(), True),
        ({"pod-security.kubernetes.io/enforce": "restricted"}, MigMigrationSpec(run_as_root=True), False),
        ({}, MigMigrationSpec(run_as_root=False), False),
        ({}, MigMigrationSpec(run_as_user=1000), False),
        ({}, MigMigrationSpec(run_as_root=True, run_as_user=1000), True),
    ],
)
def test_as_whom_rsync_runs(labels: dict[str, str], asked: MigMigrationSpec | None, *, is_root: bool) -> None:
    """As root where the namespace lets it, and the migration does not ask for another."""
    found = security.rights(labels, ClusterSettings(), asked, groups=(7,))
    assert found.is_root is is_root
    assert found.pod == {"supplementalGroups": [7]}
    if is_root:
        assert found.container["runAsUser"] == 0
    else:
        assert found.container["runAsNonRoot"]
        assert found.container["capabilities"] == {"drop": ["ALL"]}


def test_settings_of_the_cluster_make_it_privileged() -> None:
    """Where SELinux keeps rsync from reading; only as root."""
    settings = ClusterSettings(rsync_super_privileged=True)
    found = security.rights({}, settings, None, groups=())
    assert (found.container["privileged"], found.container["seLinuxOptions"]) == (True, {"type": "spc_t"})
    closed = security.rights({"pod-security.kubernetes.io/enforce": "restricted"}, settings, None, groups=())
    assert "privileged" not in closed.container


def test_keys_come_back_out_of_their_secret() -> None:
    """And none of them is shown by accident."""
    made = keys.make(now=NOW)
    assert keys.Keys.from_data(made.to_data()) == made
    assert keys.Keys.from_data({"password": "x"}) is None
    assert made.password not in repr(made)
    assert "PRIVATE" not in repr(made)
    assert keys.make(now=NOW).password != made.password


def test_a_sender_goes_through_a_proxy_where_there_is_one() -> None:
    """With its user and password, which stand in the file of a Secret and nowhere else."""
    from urllib.parse import urlsplit

    files = settings_files.sender_files("dvm.example.org", 443, keys.make(now=NOW), verify=2, proxy=urlsplit("http://me:secret@proxy:8080"))
    lines = files["stunnel.conf"].splitlines()
    assert {"connect = proxy:8080", "protocolHost = dvm.example.org:443", "protocolUsername = me", "protocolPassword = secret"} <= {*lines}
    assert "sni = dvm.example.org" in lines
    direct = settings_files.sender_files("2001:db8::1", 2222, keys.make(now=NOW), verify=0, proxy=None)["stunnel.conf"].splitlines()
    assert "connect = [2001:db8::1]:2222" in direct
    assert not [line for line in direct if line.startswith(("verify", "CAfile", "checkHost"))]


def test_what_a_sender_leaves_behind_fits() -> None:
    """A termination message has 4,096 bytes, however long names are."""
    sent = Sent(copied=True, compared=True, message="m" * 5000)
    for number in range(50):
        sent = sent.with_difference(f"{number}{'ü' * 400}", ("content differs",) * 9)
    text = sent.to_json()
    assert len(text.encode()) <= 4096
    found = sending.read(text)
    assert found is not None
    assert found.first
    assert isinstance(found.first[0], FileDifference)
    assert sending.read("Killed") is None
    assert sending.read("") is None


def test_progress_is_read_from_the_log_of_a_sender() -> None:
    """The last line that tells it counts, and lines of others are no harm."""
    line = sending.progress_line(done_bytes=1_500_000, total_bytes=4_000_000, rate_bytes_s=2_500_000)
    found = sending.progress_of(["something else", sending.progress_line(done_bytes=1, total_bytes=4, rate_bytes_s=1), line])
    assert found["lastObservedProgressPercent"] == "37%"
    assert found["lastObservedTransferRate"] == "2.50MB/s"
    assert found["progress"] == {"bytesDone": 1_500_000, "totalBytes": 4_000_000}
    assert sending.progress_of([]) == {}


def test_two_containers_share_what_a_pod_may_have() -> None:
    """Limits of a LimitRange for pods count for all containers together."""
    limits = [{"spec": {"limits": [{"type": "Pod", "max": {"cpu": "1", "memory": "1Gi"}}, {"type": "Container", "min": {"cpu": "200m"}}]}}]
    found = helper_containers.requests_for(limits, {"cpu": "1", "memory": "1Gi"}, containers=2)
    assert found == {"cpu": "500m", "memory": str(512 * 2**20)}
    assert helper_containers.requests_for(limits, {"cpu": "100m", "memory": "1Mi"}, containers=2) == {"cpu": "200m", "memory": "1Mi"}


def test_a_route_counts_once_a_router_has_admitted_it() -> None:
    """Until then its errors are told."""
    refused = {"host": "", "conditions": [{"type": "Admitted", "status": "False", "reason": "HostAlreadyClaimed", "message": "taken"}]}
    good = {"host": "dvm-shop.apps.example.org", "conditions": [{"type": "Admitted", "status": "True"}]}
    route: Object = {"spec": {"host": "dvm-shop.apps.example.org"}, "status": {"ingress": [refused]}}
    told = endpoints.of_route(route, "shop")
    assert isinstance(told, str)
    assert "HostAlreadyClaimed taken" in told
    route["status"]["ingress"].append(good)
    assert endpoints.of_route(route, "shop") == endpoints.Address("dvm-shop.apps.example.org", 443)
    assert isinstance(endpoints.of_route(None, "shop"), str)


def test_nodes_are_reached_from_outside_where_that_is_known() -> None:
    """Only nodes that are Ready count."""

    def node(name: str, ready: str, **addresses: str) -> Object:
        listed = [{"type": kind, "address": address} for kind, address in addresses.items()]
        return {"metadata": {"name": name}, "status": {"conditions": [{"type": "Ready", "status": ready}], "addresses": listed}}

    nodes = [node("a", "False", ExternalIP="1.1.1.1"), node("b", "True", InternalIP="10.0.0.2"), node("c", "True", ExternalIP="3.3.3.3")]
    assert endpoints.node_address(nodes) == "3.3.3.3"
    assert endpoints.node_address(nodes[:2]) == "10.0.0.2"
    assert endpoints.node_address(nodes[:1]) == ""


@pytest.mark.parametrize(
    ("claims", "wrong"),
    [
        ([("a", "x", "t1", "x"), ("b", "y", "t1", "y")], []),
        ([("a", "x", "t1", "data"), ("a", "y", "t2", "data")], ["a/x", "a/y"]),
        ([("a", "x", "t1", "x"), ("a", "x", "t1", "z")], ["a/x"]),
        ([("a", "x", "t1", "z"), ("b", "y", "t1", "z")], ["a/x", "b/y"]),
    ],
)
def test_claims_that_would_be_mixed_up_are_refused(claims: list[tuple[str, str, str, str]], wrong: list[str]) -> None:
    """A way in leads to one namespace, and each claim is filled from one."""
    listed = [PvcToMigrate(namespace=a, name=b, target_namespace=c, target_name=d) for a, b, c, d in claims]
    dvm = DirectVolumeMigration.from_dict(
        {"apiVersion": "migration.openshift.io/v1alpha1", "kind": "DirectVolumeMigration", "metadata": {"name": "x", "namespace": "y"}}
    )
    dvm.spec.persistent_volume_claims = listed
    assert [item for entry in declared.ambiguous(dvm) for item in entry.items] == wrong
