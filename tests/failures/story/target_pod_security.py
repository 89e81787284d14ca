"""The target's namespace enforces a pod security level that the pods do not keep."""

from kit.failures import Failure, Ground
from mtc.kube import resources


async def _inject(ground: Ground) -> str:
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": ground.app, "labels": labels}}
    await ground.host.create(resources.NAMESPACES, body)
    return await ground.whole()


FAILURE = Failure(_inject, "pod-security", ("ReplicaSet", ""), "pod-security.kubernetes.io/enforce", in_each_run=True)
