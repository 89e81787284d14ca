"""What is said of a conversion of storage before it, and before it is taken back."""

from typing import Any, cast

import pytest

from kit import pieces
from mtc.act import converted, impact, undo, within
from mtc.act.converted import Converted
from mtc.act.plans import Meant
from mtc.api.migration.migmigration import MigMigration, MigMigrationSpec
from mtc.api.migration.migplan import MigPlan
from mtc.cli import rollback
from mtc.kube import resources
from mtc.kube.client import Client, Object
from mtc.kube.resources import ResourceType
from mtc.look.sites import Site, Sites

pytestmark = pytest.mark.anyio

_CONVERT = MigMigrationSpec(migrate_state=True, quiesce_pods=True)
_CUTOVER = MigMigrationSpec(quiesce_pods=True)


class Cluster:
    """Holds objects of one namespace, and answers as a client does."""

    name = "source"

    def __init__(self, *items: tuple[ResourceType, Object]) -> None:
        self._items = items

    async def list_all(self, kind: ResourceType, **_: Any) -> list[Object]:
        """The objects of a kind."""
        return [item for other, item in self._items if other == kind]

    async def find(self, kind: ResourceType, name: str, **_: Any) -> Object | None:
        """One of them."""
        return next((item for item in await self.list_all(kind) if item["metadata"]["name"] == name), None)


def _workload(kind: ResourceType, name: str, *claims: str, **spec: Any) -> tuple[ResourceType, Object]:
    volumes = [{"name": claim, "persistentVolumeClaim": {"claimName": claim}} for claim in claims]
    body: Object = {"template": {"spec": {"volumes": volumes, "containers": []}}, **spec}
    if kind == resources.CRON_JOBS:
        body = {"jobTemplate": {"spec": body}}
    return kind, {"kind": kind.kind, "metadata": {"name": name, "namespace": "ring"}, "spec": body}


def _claim(name: str) -> tuple[ResourceType, Object]:
    kind = resources.PERSISTENT_VOLUME_CLAIMS
    return kind, {"kind": kind.kind, "metadata": {"name": name, "namespace": "ring"}}


def _cluster(url: str, name: str) -> tuple[ResourceType, Object]:
    return resources.MIG_CLUSTERS, {"metadata": {"name": name, "namespace": "openshift-migration"}, "spec": {"url": url}}


def _plan(*claims: str, target: str = "source", namespaces: tuple[str, ...] = ("ring",)) -> MigPlan:
    volumes = [pieces.volume(claim, namespace="ring") for claim in claims]
    to = {"name": target, "namespace": "openshift-migration"}
    return pieces.plan(*volumes, namespaces=namespaces, source="source", destMigClusterRef=to)


def _sites(*items: tuple[ResourceType, Object]) -> Sites:
    return Sites((Site("source", cast("Client", Cluster(*items)), is_host=True),))


async def test_only_what_uses_the_converted_claims_is_said_to_be_stopped() -> None:
    """The rest of the namespace runs on; between two clusters all of it is stopped."""
    template = [{"metadata": {"name": "data"}}]
    sites = _sites(
        _workload(resources.DEPLOYMENTS, "web", "web"),
        _workload(resources.DEPLOYMENTS, "asleep", "web", replicas=0),
        _workload(resources.STATEFUL_SETS, "db", volumeClaimTemplates=template),
        _workload(resources.CRON_JOBS, "free"),
        _workload(resources.DEPLOYMENTS, "other", "kept"),
    )
    volumes = ("web:web-new", "data-db-0:data-new-db-0")
    found = await impact.of(sites, Meant(_plan(*volumes), ()), _CONVERT)
    assert sorted(found.stopped) == ["Deployment ring/web", "StatefulSet ring/db"]
    everything = await impact.of(sites, Meant(_plan("web", "data-db-0", target="far"), ()), _CUTOVER)
    assert len(everything.stopped) == 4
    state = MigMigrationSpec(migrate_state=True)
    assert not (await impact.of(sites, Meant(_plan(*volumes), ()), state)).stopped


async def test_a_second_migration_of_state_replaces_what_the_first_has_brought() -> None:
    """Unless that was taken back meanwhile; a stage run does the same each time, and nobody is asked."""
    state = MigMigrationSpec(migrate_state=True)
    before = MigMigration.from_dict(
        {
            "metadata": {"name": "first", "namespace": "m"},
            "spec": {"migrateState": True},
            "status": {"phase": "Completed", "itinerary": "Stage"},
        }
    )
    assert (await impact.of(_sites(), Meant(_plan("web"), (before,)), state)).fills_again
    assert not (await impact.of(_sites(), Meant(_plan("web"), ()), state)).fills_again
    back = MigMigration.from_dict(
        {
            "metadata": {"name": "back", "namespace": "m"},
            "spec": {"rollback": True},
            "status": {"phase": "Completed", "itinerary": "Rollback", "conditions": [{"type": "Succeeded", "status": "True"}]},
        }
    )
    assert not (await impact.of(_sites(), Meant(_plan("web"), (before, back)), state)).fills_again
    assert not (await impact.of(_sites(), Meant(_plan("web"), (before,)), MigMigrationSpec(stage=True))).fills_again


async def test_a_plan_inside_one_cluster_is_known_by_its_clusters() -> None:
    """One MigCluster twice, or two of one API server; a conversion has namespaces that keep their names."""
    host = cast("Client", Cluster(_cluster("https://c:6443", "source"), _cluster("https://C:6443/", "same"), _cluster("https://d", "far")))
    for target, is_one in (("source", True), ("same", True), ("far", False), ("gone", False)):
        assert await within.is_one_cluster(host, _plan(target=target)) is is_one
    assert within.converts(_plan(), _CONVERT, one_cluster=True)
    assert within.converts(_plan(), MigMigrationSpec(rollback=True), one_cluster=True)
    assert not within.converts(_plan(), _CONVERT, one_cluster=False)
    assert not within.converts(_plan(namespaces=("ring:other",)), _CONVERT, one_cluster=True)


async def test_a_rollback_of_a_conversion_names_workloads_and_claims() -> None:
    """Those that use new claims, what is made anew for it, and an old claim that is gone."""
    sites = _sites(
        _workload(resources.DEPLOYMENTS, "web", "web-new"),
        _workload(resources.STATEFUL_SETS, "db", volumeClaimTemplates=[{"metadata": {"name": "data-new"}}]),
        _workload(resources.DEPLOYMENTS, "other", "kept"),
        *map(_claim, ("web-new", "data-db-0", "data-new-db-0")),
    )
    plan = _plan("web:web-new", "data-db-0:data-new-db-0", "idle:idle-new")
    unseen: list[str] = []
    doomed = [item for _, item in map(_claim, ("web-new", "data-new-db-0", "strange"))]
    found = await converted.of(sites, plan, doomed, unseen)
    assert found == Converted(
        workloads=["Deployment ring/web", "StatefulSet ring/db"],
        made_anew=["StatefulSet ring/db"],
        claims={"ring/data-new-db-0": "ring/data-db-0", "ring/strange": "", "ring/web-new": "ring/web"},
        missing=["ring/web"],
    )
    assert not unseen


def test_a_rollback_of_a_conversion_is_told_as_what_it_is() -> None:
    """The application is stopped, gets its old claims back and loses what it wrote since; a copy that nothing uses loses nothing."""
    found = Converted(["Deployment ring/web", "StatefulSet ring/db"], ["StatefulSet ring/db"], {"ring/web-new": "ring/web"}, ["ring/web"])
    said = undo.Statement(undo.NOT_REQUIRED, "c", "", [], {}, [], found)
    meant = Meant(_plan("web:web-new"), ())
    lines = list(rollback.lines(meant, said))
    assert lines == [
        "No rollback is needed after c.",
        "Because: no workload of the application stands still on cluster source through this plan.",
        "It takes the conversion back: 2 workloads on cluster source are stopped and get their old claims back:",
        "  Deployment ring/web",
        "  StatefulSet ring/db",
        "StatefulSets and Jobs among them are made anew, and Jobs begin from the start.",
        "Old claims that are gone, without which it fails and leaves the application stopped:",
        "  ring/web",
        "It deletes 1 new claim, which the application uses now (the old one behind the arrow):",
        "  ring/web-new → ring/web",
        "What the application has written since the conversion is lost.",
        "Namespaces and objects that were there before stay.",
    ]
    unused = undo.Statement(undo.NOT_REQUIRED, "c", "", [], {}, [], Converted([], [], {"ring/web-new": "ring/web"}, []))
    assert list(rollback.lines(meant, unused))[2:] == [
        "It deletes 1 new claim, which no workload uses (the old one behind the arrow):",
        "  ring/web-new → ring/web",
        "Namespaces and objects that were there before stay.",
    ]
