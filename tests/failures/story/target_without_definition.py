"""The application has a custom resource whose definition the target does not have."""

from kit.failures import Failure, Ground
from mtc.kube import resources
from mtc.kube.resources import ResourceType


async def _inject(ground: Ground) -> str:
    await ground.application()
    group = f"{ground.app}.example.com"
    await ground.define(ground.remote, group)
    await ground.declare()
    await ground.make(ground.remote, ResourceType(group, "v1", "gadgets", "Gadget"), "one", spec={})
    await ground.world.declare_plan("shop", [ground.app])
    await ground.world.until(
        resources.MIG_PLANS, "shop", lambda item: bool((item.get("status") or {}).get("incompatibleNamespaces")), timeout_s=60
    )
    return "shop"


FAILURE = Failure(_inject, "definition-missing", ("CustomResourceDefinition", ""), "kubectl api-resources")
