"""What Prometheus is told: names, labels and totals are those of MTC."""

import socket

import pytest
from prometheus_client.core import Metric
from prometheus_client.parser import text_string_to_metric_families

from kit import plain_http
from mtc.api.migration.migmigration import MigMigration
from mtc.operator import metrics as of_controller
from mtc.telemetry import metrics, requests


@pytest.fixture(autouse=True)
def nothing_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that has not begun to count."""
    monkeypatch.setattr(requests._Counting, "tally", None)


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/api/v1/namespaces/shop/pods/web", "pods"),
        ("/api/v1/namespaces/shop/pods/web/log", "pods"),
        ("/api/v1/namespaces/shop/pods", "pods"),
        ("/api/v1/namespaces/shop", "namespaces"),
        ("/api/v1/namespaces", "namespaces"),
        ("/api/v1/persistentvolumes/pv", "persistentvolumes"),
        ("/apis/migration.openshift.io/v1alpha1/namespaces/openshift-migration/migplans/shop", "migplans"),
        ("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", "customresourcedefinitions"),
        ("/apis", ""),
        ("/apis/apps/v1", ""),
        ("/version", ""),
    ],
)
def test_requests_are_told_apart_by_the_type_they_are_about(path: str, kind: str) -> None:
    """Whatever namespace and name stand in the path."""
    assert requests.kind_of(path) == kind


def test_requests_are_added_up_by_cluster_cause_type_and_method() -> None:
    """Counts, and milliseconds all together; before anybody asks, nothing is counted."""
    requests.note("host", "GET", "/api/v1/namespaces/x/pods", 1.0)
    tally = requests.count()
    requests.asked_for.set("MigPlan")
    for seconds in (0.25, 0.5):
        requests.note("host", "GET", "/api/v1/namespaces/x/pods", seconds)
    requests.note("remote", "PATCH", "/api/v1/namespaces/x/pods/y", 0.125)
    requests.asked_for.set("")
    found = {metric.name: metric for metric in parsed(metrics.of_requests(tally, "controller"))}
    common = {"component": "controller", "function": "MigPlan", "kind": "pods"}
    get, patch = {**common, "cluster": "host", "method": "get"}, {**common, "cluster": "remote", "method": "patch"}
    assert values(found["mtc_client_request_count"]) == [(get, 2), (patch, 1)]
    assert values(found["mtc_client_request_elapsed"]) == [(get, 750), (patch, 125)]
    assert {found[name].type for name in ("mtc_client_request_count", "mtc_client_request_elapsed")} == {"counter"}
    assert found["process_resident_memory_bytes"].samples[0].value > 0


def migration(*, stage: bool, **conditions: str) -> MigMigration:
    """A migration with conditions by type and reason."""
    told = [{"type": kind, "status": "True", "reason": reason} for kind, reason in conditions.items()]
    meta = {"name": "m", "namespace": "openshift-migration"}
    body = {"apiVersion": "migration.openshift.io/v1alpha1", "kind": "MigMigration", "metadata": meta}
    return MigMigration.from_dict({**body, "spec": {"stage": stage}, "status": {"conditions": told}})


def test_every_state_of_migrations_is_told() -> None:
    """All eight combinations, zeros too; one that ended with warnings is completed."""
    found = of_controller.of_migrations(
        [
            migration(stage=True),
            migration(stage=True, Running="StageBackupCreated"),
            migration(stage=False, Succeeded=""),
            migration(stage=False, SucceededWithWarnings=""),
            migration(stage=False, Failed=""),
        ]
    )
    counts = {(labels["type"], labels["status"]): value for labels, value in values(found)}
    expected = {("stage", "idle"): 1, ("stage", "running"): 1, ("final", "completed"): 2, ("final", "failed"): 1}
    assert {key: value for key, value in counts.items() if value} == expected
    assert len(counts) == 8


async def test_metrics_and_memory_are_told_on_a_port() -> None:
    """Beside them nothing."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    async def source() -> list[Metric]:
        return [of_controller.of_migrations([])]

    async with metrics.served(port, "controller", source):
        requests.note("host", "GET", "/version", 0.1)
        head, body = (await plain_http.get(port, "/metrics?x=1")).split(b"\r\n\r\n", 1)
        assert head.startswith(b"HTTP/1.1 200 OK")
        assert b"Content-Type: text/plain; version=0.0.4" in head
        assert b'\nmtc_client_request_count{cluster="host",component="controller",function="",kind="",method="get"} 1.0\n' in body
        assert b'\ncam_app_workload_migrations{status="failed",type="final"} 0.0\n' in body
        memory = await plain_http.get(port, "/debug/memory")
        assert b" builtins.dict\n" in memory
        assert (await plain_http.get(port, "/")).startswith(b"HTTP/1.1 404 ")


def parsed(found: list[Metric]) -> list[Metric]:
    """Metrics as Prometheus reads them."""
    return list(text_string_to_metric_families(metrics.text(found).decode()))


def values(metric: Metric) -> list[tuple[dict[str, str], float]]:
    """Labels and value of each sample."""
    return [(dict(sample.labels), sample.value) for sample in metric.samples]
