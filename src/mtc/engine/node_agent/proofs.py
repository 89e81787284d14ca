"""Compares a volume that was filled with the snapshot that it was filled from, when the controller asks.

The request is an annotation of the finished PodVolumeRestore, the answer another one: counts and the first differences. All of
them go into the bucket, under the key that the request names. Whoever asks sees to it that nobody writes into the volume
meanwhile; it is mounted because the pod that was restored still holds it. A comparison that was interrupted is done again.
"""

import tempfile
from pathlib import Path

from isal import igzip

from mtc import store
from mtc.api import names, proof
from mtc.engine import repositories, stopping
from mtc.engine.errors import EngineError
from mtc.engine.node_agent import paths, transfers
from mtc.engine.node_agent.pods import PodsOfNode
from mtc.engine.node_agent.transfers import Agent
from mtc.kube import codec, errors, resources, watch
from mtc.kube.client import Object
from mtc.movers import errors as mover_errors
from mtc.movers.volumes.compare import Difference
from mtc.store import errors as store_errors
from mtc.telemetry import logs

#: As many as a person reads; an annotation may not become large.
_FIRST = 20
_SHOWN_PATH = 300


def request_of(item: Object) -> str:
    """What a PodVolumeRestore of ours asks for and has not been answered; "" where there is nothing."""
    annotations = item["metadata"].get("annotations") or {}
    asked = str(annotations.get(names.PROVE) or "")
    done = (item.get("status") or {}).get("phase") == transfers.COMPLETED
    return asked if asked and done and proof.read_answer(annotations.get(names.PROOF), asked) is None else ""


class VolumeProofs:
    """Answers the requests of a node.

    Args:
        agent: what the work needs.
        cache: all PodVolumeRestores.
        pods: the pods of the node.
    """

    def __init__(self, agent: Agent, cache: watch.Cache, pods: PodsOfNode) -> None:
        self._agent, self._cache, self._pods = agent, cache, pods

    async def step(self, item: Object) -> None:
        """Answers the request of a PodVolumeRestore, if there is one."""
        request = request_of(item)
        if not request:
            return
        try:
            answer = await stopping.unless_stopped(
                self._compare(item, request), transfers.until_cancelled(self._cache, item), self._until_pod_goes(item)
            )
        except stopping.Stopped as stopped:
            if stopped.phase is None:
                return
            answer = proof.VolumeAnswer(request=request, message=str(stopped))
        except errors.KubeError as error:
            if transfers.is_transient(error):
                raise
            answer = proof.VolumeAnswer(request=request, message=str(error))
        except (EngineError, mover_errors.MoverError, store_errors.StoreError) as error:
            answer = proof.VolumeAnswer(request=request, message=str(error))
        await transfers.annotate(self._agent.cluster, resources.POD_VOLUME_RESTORES, item, {names.PROOF: answer.to_json()})

    async def _compare(self, item: Object, request: str) -> proof.VolumeAnswer:
        agent, spec = self._agent, item["spec"]
        async with agent.places:
            pod = await paths.pod_of(agent.cluster, spec["pod"])
            folder = await paths.folder_of(agent.cluster, agent.pods_folder, pod, spec["volume"])
            claim = _claim(pod, spec["volume"])
            if not spec.get("snapshotID"):
                return proof.VolumeAnswer(request=request, claim=claim, message="There is no snapshot: the volume was empty.")
            repository = await repositories.read(
                agent.cluster,
                namespace=item["metadata"]["namespace"],
                volume_namespace=spec.get("sourceNamespace") or spec["pod"]["namespace"],
                location=spec["backupStorageLocation"],
            )
            first: list[proof.FileDifference] = []
            with tempfile.TemporaryDirectory(prefix="mtc-proof-") as place:
                path = Path(place) / "report.gz"
                with igzip.open(path, "wb") as report:

                    def tell(difference: Difference) -> None:
                        if len(first) < _FIRST:
                            first.append(proof.FileDifference(path=difference.path[:_SHOWN_PATH], what=list(difference.what)))
                        line = {"result": "different", "volume": claim, "path": difference.path, "what": list(difference.what)}
                        report.write(codec.dumps(line) + b"\n")

                    found = await agent.mover.compare(repository, spec["snapshotID"], folder, on_difference=tell)
                kept, why = await _keep(repository.location, request, path) if found.differences else (False, "")
            logs.get(volume=claim).info("volume compared", files=found.entries, bytes=found.content_bytes, differences=found.differences)
            return proof.VolumeAnswer(
                request=request,
                compared=True,
                claim=claim,
                files=found.entries,
                content_bytes=found.content_bytes,
                differences=found.differences,
                first=first,
                report=kept,
                message=why,
            )

    async def _until_pod_goes(self, item: Object) -> stopping.Stopped:
        pod = item["spec"]["pod"]
        await self._pods.until_going(pod.get("uid", ""))
        name = f"{pod.get('namespace')}/{pod.get('name')}"
        return stopping.Stopped(transfers.FAILED, f"Pod {name}, which held the volume, was deleted before it was compared.")


async def _keep(location: store.Location, key: str, path: Path) -> tuple[bool, str]:
    """Whether the report could be written, and why not: a location may be for reading only."""
    try:
        await store.open_location(location).put_file(key, path)
    except store_errors.StoreError as error:
        return False, f"The list of all differences could not be written: {error}"
    return True, ""


def _claim(pod: Object, volume_name: str) -> str:
    volume: Object = next((item for item in pod["spec"].get("volumes") or [] if item["name"] == volume_name), {})
    name = (volume.get("persistentVolumeClaim") or {}).get("claimName") or volume_name
    return f"{pod['metadata']['namespace']}/{name}"
