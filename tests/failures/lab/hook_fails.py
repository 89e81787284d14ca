"""The image of a hook does not have the program that runs playbooks."""

import base64

from kit import labs
from kit.failing import Bench
from kit.failures import Failure
from mtc.kube import resources


async def _inject(bench: Bench) -> str:
    await bench.application()
    playbook = base64.b64encode(b"- hosts: localhost\n").decode()
    spec = {"custom": False, "image": bench.lab.image, "playbook": playbook, "targetCluster": "source"}
    await bench.lab.apply(bench.lab.target, labs.body(resources.MIG_HOOKS, bench.space, spec))
    hook = {"phase": "PreBackup", "executionNamespace": bench.space, "serviceAccount": "default", "reference": labs.reference(bench.space)}
    await bench.plan(hooks=[hook])
    return await bench.start()


FAILURE = Failure(_inject, "hook-failed", ("Job", ""), "logs job/")
