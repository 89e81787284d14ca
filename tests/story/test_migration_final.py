"""Given an application with volumes, when it is migrated, then a person sees two Backups, two Restores and a success."""

import pytest
from kit import migrations, planes

from mtc.api import names
from mtc.kube import resources
from mtc.kube.client import Client

pytestmark = pytest.mark.anyio


async def test_a_final_migration_makes_two_backups_and_two_restores_and_succeeds(host: Client, remote: Client) -> None:
    """The chain, its labels, the pipeline and the last status are what MTC's documentation shows."""
    async with migrations.stage(host, remote) as world:
        await world.volume("data")
        await world.deployment("web", claims=["data"])
        await world.declare(volumes=["data"])
        made = await world.migrate("88435fe0", quiescePods=True)
        async with migrations.running(world):
            over = await world.until_over("88435fe0")
    print(over["status"])
    status, uid = over["status"], made["metadata"]["uid"]
    (condition,) = status["conditions"]
    assert condition.items() >= {
        "category": "Advisory",
        "durable": True,
        "message": "The migration has completed successfully.",
        "reason": "Completed",
        "status": "True",
        "type": "Succeeded",
    }.items()
