"""The target's namespace is being deleted, and a finalizer of an object in it keeps it."""

from kit import planes
from kit.failures import Failure, Ground
from mtc.kube import resources


async def _inject(ground: Ground) -> str:
    await planes.make_namespace(ground.host, ground.app)
    await ground.make(ground.host, resources.CONFIG_MAPS, "held", metadata={"finalizers": ["example.com/hold"]})
    await ground.host.delete(resources.NAMESPACES, ground.app)
    await ground.declare()
    await ground.application()
    await ground.plan()
    await ground.world.make(resources.MIG_MIGRATIONS, "run", spec={"migPlanRef": ground.world.reference("shop"), "stage": False})
    ground.on_leaving(lambda: ground.host.patch(resources.CONFIG_MAPS, "held", {"metadata": {"finalizers": None}}, namespace=ground.app))
    return "run"


FAILURE = Failure(_inject, "stuck-deletion", ("Namespace", ""), "kubectl get namespace")
