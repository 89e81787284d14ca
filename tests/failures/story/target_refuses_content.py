"""The target's definition of a custom resource does not allow what the source's allowed."""

from kit import planes
from kit.failures import Failure, Ground
from mtc.kube.resources import ResourceType


async def _inject(ground: Ground) -> str:
    await ground.world.declare_clusters()
    group = f"{ground.app}.example.com"
    await ground.define(ground.remote, group)
    await ground.define(ground.host, group, properties={"size": {"type": "integer"}})
    await planes.make_namespace(ground.host, ground.app)
    return await ground.restored((ResourceType(group, "v1", "gadgets", "Gadget"), "one", {"spec": {"size": "large"}}))


FAILURE = Failure(_inject, "object-refused", ("Gadget", "one"), "get gadget one", in_each_run=True)
