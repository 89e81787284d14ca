"""The volume data are deleted from the bucket before the target has read them."""

from kit import labs
from kit.failing import Bench
from kit.failures import Failure
from mtc.kube import resources
from mtc.store import port


async def _inject(bench: Bench) -> str:
    name = await bench.copying()
    await bench.lab.until_some(
        bench.lab.source,
        resources.POD_VOLUME_BACKUPS,
        lambda item: item["spec"]["pod"]["namespace"] == bench.space and labs.phase(item) == "Completed",
    )
    await port.delete_folder(bench.lab.bucket, f"restic/{bench.space}/data/")
    await bench.lab.over(name)
    return name


FAILURE = Failure(_inject, "repository-damaged", ("PersistentVolumeClaim", "data"), "life-cycle rules")
