"""Stories of the engine's rules: what must be in a backup, and when a restore may not say that all is well."""

import contextlib
from typing import Any

from kit import engines, planes
from kit.s3 import S3Server
from mtc.api import names
from mtc.engine import layout, results
from mtc.kube import errors, resources
from mtc.kube.client import Client, Object

FAILED = {"phase": "Failed", "message": "the disk died"}
SAVED = {"phase": "Completed", "snapshotID": "0123abcd"}


async def _pod(cluster: Client, namespace: str, name: str) -> None:
    spec = {
        "containers": [{"name": "main", "image": "none", "volumeMounts": [{"name": "cache", "mountPath": "/cache"}]}],
        "volumes": [{"name": "cache", "emptyDir": {}}],
    }
    await cluster.create(resources.PODS, {"metadata": {"name": name, "namespace": namespace}, "spec": spec})


def _copy(namespace: str, pod: str, status: dict[str, Any]) -> dict[str, Any]:
    spec = {"pod": {"namespace": namespace, "name": pod}, "volume": "cache", "uploaderType": "restic"}
    return {"metadata": {"name": f"of-{pod}"}, "spec": spec, "status": status}


async def _namespace(engine: engines.Station, name: str) -> str:
    await planes.make_namespace(engine.cluster, f"{engine.namespace}-{name}")
    account = {"metadata": {"name": "default", "namespace": f"{engine.namespace}-{name}"}}
    # Without it the API server takes no pods; the controller manager, where one runs, makes it as well.
    with contextlib.suppress(errors.AlreadyExists):
        await engine.cluster.create_raw(resources.SERVICE_ACCOUNTS, account)
    return f"{engine.namespace}-{name}"


async def _errors(engine: engines.Station, restore: str, namespace: str) -> list[str]:
    found = results.unpacked(await engine.bucket.get(layout.RestoreFiles(restore).part("results.gz")))
    return list(found["errors"]["namespaces"].get(namespace, []))


async def _listing(engine: engines.Station, backup: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = results.unpacked(await engine.bucket.get(layout.BackupFiles(backup).part("resource-list.json.gz")))
    return found


async def test_a_restore_tells_of_volumes_that_stay_empty(host: Client, s3: S3Server) -> None:
    """Neither a copy that failed nor a snapshot of a kind that we cannot read ends in a Completed restore."""
    async with engines.station(host, s3) as engine:
        await engine.locate()
        app = await _namespace(engine, "app")
        await _pod(host, app, "db")
        for name in ("snapped", "skipped"):
            claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}, "volumeName": f"{app}-{name}"}
            await host.create(resources.PERSISTENT_VOLUME_CLAIMS, {"metadata": {"name": name, "namespace": app}, "spec": claim})
        await engine.backup("one", includedNamespaces=[app])
        files = layout.BackupFiles("one")
        await engine.bucket.put(files.part("podvolumebackups.json.gz"), results.packed([_copy(app, "db", FAILED)]))
        info = [
            {"pvName": f"{app}-snapped", "pvcName": "snapped", "pvcNamespace": app, "backupMethod": "CSISnapshot", "result": "succeeded"},
            {"pvName": f"{app}-skipped", "pvcName": "skipped", "pvcNamespace": app, "skipped": True},
            {"pvcName": "", "backupMethod": "PodVolumeBackup", "pvbInfo": {"podName": "db", "podNamespace": app, "volumeName": "cache"}},
        ]
        await engine.bucket.put(files.part("volumeinfo.json.gz"), results.packed(info))
        target = f"{app}-new"
        restore = await engine.restore("back", backupName="one", namespaceMapping={app: target})
        assert engines.phase(restore) == "PartiallyFailed", restore["status"]
        told = sorted(await _errors(engine, "back", target))
        assert len(told) == 2, told
        assert f"{target}/snapped is empty" in told[0]
        assert "CSISnapshot" in told[0]
        assert f"Volume cache of pod {target}/db is empty" in told[1]
        assert "the disk died" in told[1]


async def test_volumes_of_namespaces_that_become_one_are_all_filled(host: Client, s3: S3Server) -> None:
    """Each pod is known by the namespace that it comes from; what was copied twice is not filled twice. No restic here: each try is told."""
    async with engines.station(host, s3) as engine:
        await engine.locate()
        sources = [await _namespace(engine, name) for name in ("a", "b")]
        for source in sources:
            await _pod(host, source, f"of-{source}")
        await engine.backup("one", includedNamespaces=sources)
        copies = [_copy(source, f"of-{source}", SAVED) for source in sources]
        await engine.bucket.put(layout.BackupFiles("one").part("podvolumebackups.json.gz"), results.packed([*copies, *copies]))
        target = f"{engine.namespace}-both"
        restore = await engine.restore("back", backupName="one", namespaceMapping=dict.fromkeys(sources, target))
        assert engines.phase(restore) == "PartiallyFailed", restore["status"]
        told = sorted(await _errors(engine, "back", target))
        assert len(told) == 2, told
        assert all(f"pod {target}/of-{source} was not filled" in text for source, text in zip(sources, told, strict=True))


async def test_what_has_one_name_in_namespaces_that_become_one_is_restored_once_and_told(host: Client, s3: S3Server) -> None:
    """The second one of a name is an error, never taken for the first; accounts, which each namespace has, become one."""
    async with engines.station(host, s3) as engine:
        await engine.locate()
        sources = [await _namespace(engine, name) for name in ("c", "d")]
        for source in sources:
            for name in ("same", f"of-{source}"):
                body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": source}, "data": {"of": source}}
                await host.create(resources.CONFIG_MAPS, body)
        await engine.backup("one", includedNamespaces=sources)
        # The second one stays where it is: it goes to its own namespace.
        await host.delete(resources.CONFIG_MAPS, "same", namespace=sources[1])
        restore = await engine.restore("back", backupName="one", namespaceMapping={sources[0]: sources[1]})
        told = await _errors(engine, "back", sources[1])
        (text,) = told
        assert engines.phase(restore) == "PartiallyFailed", restore["status"]
        same = await host.get(resources.CONFIG_MAPS, "same", namespace=sources[1])
        first = same["data"]["of"]
        (other,) = {*sources} - {first}
        assert f"ConfigMap {other}/same was not restored" in text
        assert f"that of namespace {first}" in text
        assert await host.get(resources.CONFIG_MAPS, f"of-{sources[0]}", namespace=sources[1])


async def test_what_holds_any_json_can_be_changed_by_controllers_after_a_restore(host: Client, s3: S3Server) -> None:
    """A server compares the data of a ControllerRevision byte by byte with what encoders of Go write: other bytes are another value."""
    kind = resources.ResourceType("apps", "v1", "controllerrevisions", "ControllerRevision")
    data = {"command": "a && b > c < d", "lines": "x\u2028y\u2029z", "word": "süß 🐠"}
    async with engines.station(host, s3) as engine:
        await engine.locate()
        app = await _namespace(engine, "revised")
        await host.create(kind, {"metadata": {"name": "web-1", "namespace": app}, "data": data, "revision": 1})
        await engine.backup("one", includedNamespaces=[app])
        restore = await engine.restore("back", backupName="one", namespaceMapping={app: f"{app}-new"})
        assert engines.phase(restore) == "Completed", restore["status"]
        changed = await host.patch(kind, "web-1", {"metadata": {"labels": {"adopted": "yes"}}}, namespace=f"{app}-new")
    assert changed["data"] == data
    assert changed["metadata"]["labels"]["adopted"] == "yes"


async def test_what_is_there_takes_no_place_of_a_quota(host: Client, s3: S3Server) -> None:
    """A quota counts whatever somebody tries to make; with room for the one object that is missing, that one is made."""
    async with engines.station(host, s3) as engine:
        await engine.locate()
        app, target = await _namespace(engine, "counted"), await _namespace(engine, "counted-new")
        for space, count in ((app, 3), (target, 2)):
            for number in range(count):
                await host.create(resources.SECRETS, {"metadata": {"name": f"item-{number}", "namespace": space}, "stringData": {"a": "b"}})
        await engine.backup("three", includedNamespaces=[app], includedResources=["secrets"])
        hard = {"count/secrets": "3"}
        await host.create(resources.RESOURCE_QUOTAS, {"metadata": {"name": "three", "namespace": target}, "spec": {"hard": hard}})
        counted = {"status": {"hard": hard, "used": {"count/secrets": "2"}}}
        await host.patch(resources.RESOURCE_QUOTAS, "three", counted, namespace=target, subresource="status")
        restore = await engine.restore("full", backupName="three", namespaceMapping={app: target})
        found = await host.list_all(resources.SECRETS, namespace=target)
    assert engines.phase(restore) == "Completed", restore["status"]
    assert {item["metadata"]["name"] for item in found} == {"item-0", "item-1", "item-2"}


async def test_a_namespace_with_the_label_is_left_out(host: Client, s3: S3Server) -> None:
    """Nothing of it is stored, the spec says so, and a backup of everything has cluster resources all the same."""
    async with engines.station(host, s3) as engine:
        await engine.locate()
        kept, left = await _namespace(engine, "kept"), await _namespace(engine, "left")
        for name in (kept, left):
            await engines.fill(host, name, 2)
        await host.patch(resources.NAMESPACES, left, {"metadata": {"labels": {names.EXCLUDE_FROM_BACKUP: "true"}}})
        backup = await engine.backup("some", includedNamespaces=[f"{engine.namespace}-*"], includedResources=["configmaps", "namespaces"])
        assert engines.phase(backup) == "Completed", backup["status"]
        assert backup["spec"]["excludedNamespaces"] == [left]
        found = await _listing(engine, "some")
        assert f"{kept}/item-1" in found["v1/ConfigMap"]
        assert not [line for lines in found.values() for line in lines if left in line]
        whole = await engine.backup("all", includedResources=["configmaps", "clusterroles"])
        assert engines.phase(whole) == "Completed", whole["status"]
        assert "cluster-admin" in (await _listing(engine, "all"))["rbac.authorization.k8s.io/v1/ClusterRole"]
        named = await engine.backup("named", includedNamespaces=[left])
        assert engines.phase(named) == "PartiallyFailed", "it was asked for, and is not there"
        await host.patch(resources.NAMESPACES, left, {"metadata": {"labels": {names.EXCLUDE_FROM_BACKUP: None}}})


async def test_definitions_of_kubernetes_own_projects_are_stored(host: Client, s3: S3Server) -> None:
    """A group that ends like those of Kubernetes itself may come with definitions, without which its objects cannot be restored."""
    kind = resources.ResourceType("routes.test.k8s.io", "v1", "roads", "Road")
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    definition = {
        "metadata": {"name": "roads.routes.test.k8s.io", "annotations": {"api-approved.kubernetes.io": "unapproved, for a test"}},
        "spec": {
            "group": kind.group,
            "scope": "Namespaced",
            "names": {"plural": "roads", "singular": "road", "kind": "Road", "listKind": "RoadList"},
            "versions": [{"name": "v1", "served": True, "storage": True, "schema": schema}],
        },
    }
    async with engines.station(host, s3) as engine:
        await engine.locate()
        app = await _namespace(engine, "app")
        await host.create(resources.CUSTOM_RESOURCE_DEFINITIONS, definition)
        await planes.established(host)
        road: Object = {
            "apiVersion": kind.api_version,
            "kind": kind.kind,
            "metadata": {"name": "one", "namespace": app},
            "spec": {"lanes": 2},
        }
        await host.apply(kind, road, manager="builder")
        await engine.backup("one", includedNamespaces=[app])
        found = await _listing(engine, "one")
        assert found["routes.test.k8s.io/v1/Road"] == [f"{app}/one"]
        assert found["apiextensions.k8s.io/v1/CustomResourceDefinition"] == ["roads.routes.test.k8s.io"]
        await _forget(host, "roads.routes.test.k8s.io")
        restore = await engine.restore("back", backupName="one", namespaceMapping={app: f"{app}-new"})
        assert engines.phase(restore) == "Completed", restore["status"]
        live = await host.get(kind, "one", namespace=f"{app}-new")
        assert live["spec"] == {"lanes": 2}
        assert live["metadata"]["labels"][names.RESTORE_NAME] == "back"
        assert ("builder", "Apply") in {(entry["manager"], entry["operation"]) for entry in live["metadata"]["managedFields"]}
        await _forget(host, "roads.routes.test.k8s.io")


async def _forget(cluster: Client, definition: str) -> None:
    """Deletes a definition with its objects, and waits until it is gone."""
    await cluster.delete(resources.CUSTOM_RESOURCE_DEFINITIONS, definition)
    world = planes.World(cluster, cluster, "")
    kind = resources.CUSTOM_RESOURCE_DEFINITIONS
    await world.until_list(kind, lambda items: all(item["metadata"]["name"] != definition for item in items), cluster=cluster)


async def test_a_selector_makes_only_namespaces_that_are_used(host: Client, s3: S3Server) -> None:
    """A restore of a few objects leaves no empty namespaces behind."""
    async with engines.station(host, s3) as engine:
        await engine.locate()
        sources = [await _namespace(engine, name) for name in ("gold", "lead")]
        for source in sources:
            await engines.fill(host, source, 2)
        await host.patch(resources.CONFIG_MAPS, "item-1", {"metadata": {"labels": {"tier": "gold"}}}, namespace=sources[0])
        await engine.backup("one", includedNamespaces=sources)
        mapping = {source: f"{source}-new" for source in sources}
        spec = {"backupName": "one", "namespaceMapping": mapping, "labelSelector": {"matchLabels": {"tier": "gold"}}}
        restore = await engine.restore("back", **spec)
        assert engines.phase(restore) == "Completed", restore["status"]
        assert set(await engines.config_maps(host, mapping[sources[0]])) == {"item-1"}
        assert await host.find(resources.NAMESPACES, mapping[sources[1]]) is None


async def test_an_update_that_is_refused_is_told_and_only_that(host: Client, s3: S3Server) -> None:
    """What the API server does not let anybody change stays as it is, with a warning and the labels of the restore."""
    async with engines.station(host, s3) as engine:
        await engine.locate()
        app = await _namespace(engine, "app")
        await engines.fill(host, app, 2)
        await engine.backup("before", includedNamespaces=[app])
        await host.patch(resources.CONFIG_MAPS, "item-1", {"data": {"number": "changed"}, "immutable": True}, namespace=app)
        restore = await engine.restore("update", backupName="before", existingResourcePolicy="update")
        assert engines.phase(restore) == "Completed", restore["status"]
        assert restore["status"]["warnings"] == 1
        live = await host.get(resources.CONFIG_MAPS, "item-1", namespace=app)
        assert live["data"]["number"] == "changed"
        assert live["metadata"]["labels"][names.RESTORE_NAME] == "update"


async def test_a_kind_that_nobody_knows_is_told(host: Client, s3: S3Server) -> None:
    """A misspelt kind makes a backup or restore less than it should be; one that is merely not in the backup does not."""
    async with engines.station(host, s3) as engine:
        await engine.locate()
        app = await _namespace(engine, "app")
        await engines.fill(host, app, 1)
        backup = await engine.backup("some", includedNamespaces=[app], includedResources=["cm", "deploy", "nosuchkind"])
        assert (engines.phase(backup), backup["status"]["warnings"]) == ("Completed", 1)
        (told,) = results.unpacked(await engine.bucket.get(layout.BackupFiles("some").part("results.gz")))["warnings"]["velero"]
        assert "serves no kind nosuchkind" in told
        scoped = await engine.backup("scoped", includedNamespaces=[app], includedNamespaceScopedResources=["cm", "nosuchkind"])
        assert scoped["status"]["warnings"] == 1
        mapping = {app: f"{app}-new"}
        restore = await engine.restore("back", backupName="some", includedResources=["cm", "secrets", "notme"], namespaceMapping=mapping)
        assert (engines.phase(restore), restore["status"]["warnings"]) == ("Completed", 1)
        (told,) = results.unpacked(await engine.bucket.get(layout.RestoreFiles("back").part("results.gz")))["warnings"]["velero"]
        assert "names notme" in told


async def test_a_restore_from_a_location_that_is_read_only_tells_its_results_by_events(host: Client, s3: S3Server) -> None:
    """There is no file that could tell them."""
    async with engines.station(host, s3) as engine:
        await engine.locate()
        app = await _namespace(engine, "app")
        await engines.fill(host, app, 1)
        await engine.backup("some", includedNamespaces=[app])
        change = {"spec": {"accessMode": "ReadOnly"}}
        await host.patch(resources.BACKUP_STORAGE_LOCATIONS, "default", change, namespace=engine.namespace)
        restore = await engine.restore("back", backupName="some", includedResources=["notme"])
        assert (engines.phase(restore), restore["status"]["warnings"]) == ("Completed", 1)
        selector = f"involvedObject.uid={restore['metadata']['uid']}"
        told = await host.list_all(resources.EVENTS, namespace=engine.namespace, field_selector=selector)
        said = {event["reason"]: event["message"] for event in told if event["type"] == "Warning"}
        assert set(said) == {"ResultsNotStored", "RestoreWarning"}
        assert "default is ReadOnly" in said["ResultsNotStored"]
        assert "names notme" in said["RestoreWarning"]
        assert [key async for key in engine.bucket.keys(layout.RestoreFiles("back").folder)] == []
