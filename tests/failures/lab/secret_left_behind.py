"""A Secret that the pods need is excluded from backups, so the target does not have it."""

from kit import apps
from kit.failing import Bench
from kit.failures import Failure
from mtc.kube import resources


async def _inject(bench: Bench) -> str:
    kept = apps.item(resources.SECRETS, bench.space, "keys", stringData={"word": "value-of-the-secret"})
    kept["metadata"]["labels"]["velero.io/exclude-from-backup"] = "true"
    entry = {"name": "WORD", "valueFrom": {"secretKeyRef": {"name": "keys", "key": "word"}}}
    container = {"name": "app", "image": bench.lab.image, "command": ["sleep", "infinity"], "env": [entry]}
    await bench.application(pod={"containers": [container]}, more=[kept])
    return await bench.moved()


FAILURE = Failure(_inject, "pods-config-missing", ("Secret", "keys"), "get secret keys", in_each_run=True)
