"""The target's volume cannot be mounted: the folder of the node is gone."""

from kit import apps
from kit.failing import Bench
from kit.failures import Failure
from mtc.kube import resources


async def _inject(bench: Bench) -> str:
    await bench.application()
    name = await bench.moved()
    volume = {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": f"{bench.space}-lost"},
        "spec": {
            "capacity": {"storage": "1Gi"},
            "accessModes": ["ReadWriteOnce"],
            "storageClassName": "",
            "persistentVolumeReclaimPolicy": "Retain",
            "claimRef": {"namespace": bench.space, "name": "lost"},
            "hostPath": {"path": f"/nowhere/{bench.space}", "type": "Directory"},
        },
    }
    claim = apps.claim(bench.space, "lost")
    claim["spec"] |= {"storageClassName": "", "volumeName": f"{bench.space}-lost"}
    await bench.lab.apply(bench.lab.target, volume, claim, apps.bare_pod(bench.space, "mounts", bench.lab.image, claims=["lost"]))
    bench.on_leaving(lambda: bench.lab.target.delete(resources.PERSISTENT_VOLUMES, f"{bench.space}-lost"))
    return name


FAILURE = Failure(_inject, "volume-mount", ("Pod", "mounts"), "describe pod mounts")
