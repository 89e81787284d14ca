"""The pods run as a service account that nobody has made on the target."""

from kit.failures import Failure, Ground


async def _inject(ground: Ground) -> str:
    return await ground.whole(pod={"serviceAccountName": "runner"})


FAILURE = Failure(_inject, "service-account-missing", ("ServiceAccount", "runner"), "create serviceaccount runner", in_each_run=True)
