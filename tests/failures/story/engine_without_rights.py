"""The engine of the target may not make objects of a kind."""

from kit import planes
from kit.failures import Failure, Ground
from mtc.kube import resources


async def _inject(ground: Ground) -> str:
    await planes.make_namespace(ground.host, ground.app)
    await ground.world.declare_clusters()
    await ground.weaken_engine(without="secrets")
    return await ground.restored((resources.SECRETS, "keys", {"data": {"k": planes.encoded("v-of-the-secret")}}))


FAILURE = Failure(_inject, "forbidden", ("ServiceAccount", "weak"), "kubectl auth can-i create secrets", in_each_run=True)
