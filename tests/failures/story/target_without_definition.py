"""A custom resource comes back without its definition, which the target does not have."""

from kit.failures import Failure, Ground
from mtc.kube.resources import ResourceType


async def _inject(ground: Ground) -> str:
    await ground.world.declare_clusters()
    group = f"{ground.app}.example.com"
    await ground.define(ground.remote, group)
    gadget = (ResourceType(group, "v1", "gadgets", "Gadget"), "one", {"spec": {}})
    return await ground.restored(gadget, excludedResources=["customresourcedefinitions.apiextensions.k8s.io"])


FAILURE = Failure(_inject, "definition-missing", ("Gadget", "one"), "kubectl api-resources", in_each_run=True)
