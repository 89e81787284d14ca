"""Given a failure, when a person asks why, then the cause stands first, with its object and the next step; a sample of those of the folder."""

import pytest

from kit import failures
from kit.s3 import S3Server
from mtc.diagnose import report
from mtc.kube.client import Client

pytestmark = pytest.mark.anyio

_CHOSEN = failures.chosen("story", 3)


@pytest.mark.parametrize("name", _CHOSEN)
async def test_the_cause_is_told(host: Client, remote: Client, s3: S3Server, name: str) -> None:
    """Whatever else is found as well."""
    failure = _CHOSEN[name]
    async with failures.ground(host, remote, s3) as ground:
        about = await failure.inject(ground)
        await failures.until_explained(host, about, failure, namespace=ground.world.namespace)


async def test_a_migration_that_is_well_matches_no_rule(host: Client, remote: Client, s3: S3Server) -> None:
    """Neither the migration nor its plan; and the text says so."""
    async with failures.ground(host, remote, s3) as ground:
        name = await ground.whole()
        for about in (name, "shop"):
            found = await failures.explained(host, about, namespace=ground.world.namespace)
            assert [(item.rule, item.finding.cause) for item in found.findings] == []
            assert any("all is well" in line for line in report.lines(found))
