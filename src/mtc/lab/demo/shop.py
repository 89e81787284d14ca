"""The shop on the source cluster: its image, its manifests, and when it is there with all of its data."""

import json
from pathlib import Path
from typing import Any

import yaml

from mtc.kube import resources
from mtc.kube.client import Client, Object
from mtc.lab import binaries, cache, images, load, programs, state, tasks
from mtc.lab.demo import errors
from mtc.lab.demo.setting import PROMOTIONS, SHOP, Setting
from mtc.lab.demo.until import Objects, has_condition, until

#: What stands for the image in the manifests.
_IMAGE = "shop"
_DEFINITION_S = 30.0
_SEEDED_S = 600.0
_READY_S = 300.0
_ROUGH_S = 120.0
_AUTOSCALER = "HorizontalPodAutoscaler"
_WORKLOADS = (resources.DEPLOYMENTS, resources.STATEFUL_SETS)


def folder() -> Path:
    """Where the shop is kept."""
    return binaries.checkout() / "lab" / "apps" / "shop"


async def image(setting: Setting) -> str:
    """The reference of the shop's image, which is built where the lab's registry does not have this very one yet."""
    parts = (folder() / "Dockerfile", folder() / "bin", folder() / "programs")
    tag = cache.content_hash([setting.values["MTC_LAB_BASE_IMAGE"], *parts], ignore=lambda path: path.suffix == ".pyc")
    reference = f"{setting.values['MTC_LAB_REGISTRY']}/{_IMAGE}:{tag}"
    if not await programs.succeeds(["skopeo", "inspect", "--raw", "--tls-verify=false", f"docker://{reference}"]):
        return await load.load(setting.lab, folder(), name=f"{_IMAGE}:{tag}")
    # A node may have thrown it away.
    await tasks.together(*(images.pull(cluster, reference) for cluster in state.require(setting.lab).clusters))
    return reference


def manifests(reference: str) -> list[Object]:
    """All objects of the shop, in order, with the image in its places."""
    listed = yaml.safe_load((folder() / "manifests" / "kustomization.yaml").read_bytes())["resources"]
    texts = ((folder() / "manifests" / name).read_bytes() for name in listed)
    found = [document for text in texts for document in yaml.safe_load_all(text)]
    for document in found:
        _set_image(document, reference)
    return found


def _set_image(value: Any, reference: str) -> None:
    """Replace the image wherever a container names it."""
    if isinstance(value, list):
        for item in value:
            _set_image(item, reference)
    elif isinstance(value, dict):
        if value.get("image") == _IMAGE:
            value["image"] = reference
        for item in value.values():
            _set_image(item, reference)


async def deploy(setting: Setting, reference: str) -> int:
    """Apply the shop to the source cluster; the number of objects."""
    found = manifests(reference)
    first = [item for item in found if item["kind"] in {"Namespace", "CustomResourceDefinition"}]
    await _apply(setting, first)
    await until(
        setting.source,
        resources.CUSTOM_RESOURCE_DEFINITIONS,
        lambda objects: [] if has_condition(objects.get(f"/{PROMOTIONS}"), "Established") else [f"{PROMOTIONS} is not served"],
        namespace=None,
        deadline_s=_DEFINITION_S,
    )
    await _apply(setting, [item for item in found if item not in first])
    return len(found)


async def _apply(setting: Setting, objects: list[Object]) -> None:
    document = json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}).encode()
    await setting.kubectl(setting.source, "apply", "-f", "-", stdin=document, deadline_s=_ROUGH_S)


async def until_seeded(setting: Setting) -> None:
    """Return when the seeding has come to its end. Raises errors.StepFailed when it failed or takes too long."""

    def missing(objects: Objects) -> list[str]:
        job = objects.get(f"{SHOP}/seed")
        if has_condition(job, "Failed"):
            return []
        return [] if has_condition(job, "Complete") else ["Job seed is not complete"]

    jobs = await until(setting.source, resources.JOBS, missing, namespace=SHOP, deadline_s=_SEEDED_S)
    if not any(has_condition(job, "Complete") for job in jobs if job["metadata"]["name"] == "seed"):
        raise errors.StepFailed("Job seed failed: the shop has no data to migrate.")


async def until_ready(cluster: Client) -> None:
    """Return when every Deployment and StatefulSet of the shop is ready. Raises errors.StepFailed at the deadline.

    An autoscaler looks only every 15 s: until it has, there are fewer pods than it keeps.
    """
    wanted = manifests(_IMAGE)
    least = {item["spec"]["scaleTargetRef"]["name"]: item["spec"]["minReplicas"] for item in wanted if item["kind"] == _AUTOSCALER}
    for kind in _WORKLOADS:
        names = [item["metadata"]["name"] for item in wanted if item["kind"] == kind.kind]

        def missing(objects: Objects, kind: resources.ResourceType = kind, names: list[str] = names) -> list[str]:
            found = [(name, objects.get(f"{SHOP}/{name}")) for name in names]
            return [f"{kind.kind} {SHOP}/{name} is not ready" for name, item in found if not is_ready(item, least=least.get(name, 1))]

        await until(cluster, kind, missing, namespace=SHOP, deadline_s=_READY_S)


def is_ready(item: Object | None, *, least: int = 1) -> bool:
    """Whether a Deployment or StatefulSet has all of its pods ready, in their newest form, and so many at least."""
    if item is None:
        return False
    status, replicas = item.get("status") or {}, item["spec"].get("replicas", 1)
    if status.get("observedGeneration", 0) < item["metadata"].get("generation", 0):
        return False
    return bool(
        replicas >= least and status.get("readyReplicas", 0) == status.get("updatedReplicas", 0) == status.get("replicas", 0) == replicas
    )
