"""A restored claim names a storage class that the target does not have."""

from kit import planes
from kit.failures import Failure, Ground
from mtc.kube import resources


async def _inject(ground: Ground) -> str:
    await ground.world.declare_clusters()
    await planes.make_namespace(ground.host, ground.app)
    spec = {"accessModes": ["ReadWriteOnce"], "storageClassName": "nobody-made-this", "resources": {"requests": {"storage": "1Gi"}}}
    return await ground.restored((resources.PERSISTENT_VOLUME_CLAIMS, "data", {"spec": spec}))


FAILURE = Failure(_inject, "claim-class-missing", ("StorageClass", "nobody-made-this"), "spec.persistentVolumes")
