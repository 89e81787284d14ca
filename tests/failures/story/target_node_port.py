"""Another Service of the target has the node port that the application wants."""

from kit import planes
from kit.failures import Failure, Ground
from mtc.kube import resources


async def _inject(ground: Ground) -> str:
    await planes.make_namespace(ground.host, f"{ground.app}-other")
    port = {"port": 80, "nodePort": 30000 + int(ground.world.namespace.rpartition("-")[2]) % 2700}
    spec = {"type": "NodePort", "ports": [port], "selector": {"app": "web"}}
    await ground.make(ground.host, resources.SERVICES, "taken", namespace=f"{ground.app}-other", spec=spec)
    await ground.declare()
    await ground.application()
    # What a manifest named is kept by a restore; a port that a server chose is not.
    notes = {"kubectl.kubernetes.io/last-applied-configuration": f'{{"spec":{{"ports":[{{"nodePort":{port["nodePort"]},"port":80}}]}}}}'}
    await ground.make(ground.remote, resources.SERVICES, "web", metadata={"annotations": notes}, spec=spec)
    await ground.plan()
    await ground.migrate()
    return "run"


FAILURE = Failure(_inject, "node-port-taken", ("Service", "web"), "nodePort")
