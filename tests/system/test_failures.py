"""What a person is told who asks why, when pods, volumes, nodes or processes fail: a sample of the folder of failures."""

import contextlib

import pytest

from kit import failing, failures, labs
from kit.failures import Failure
from mtc.diagnose import report

_CHOSEN = failures.chosen("lab", 1)


@pytest.mark.parametrize("name", _CHOSEN)
async def test_the_cause_is_told(lab: labs.Lab, name: str) -> None:
    """The cause stands first, with its object and the next step; afterwards the lab is well again."""
    failure: Failure[failing.Bench] = _CHOSEN[name]
    bench = failing.Bench(lab, labs.unique("fails"))
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(bench.leave)
        about = await failure.inject(bench)
        await failures.until_explained(lab.target, about, failure, namespace=labs.TOOLKIT, timeout_s=180)


async def test_a_migration_that_is_well_matches_no_rule(lab: labs.Lab) -> None:
    """With a volume, a running application, and the command as a person starts it."""
    bench = failing.Bench(lab, labs.unique("well"))
    await bench.application_with_volume()
    await bench.plan(volumes=1)
    name = await bench.start(quiescePods=True)
    done = await lab.over(name)
    assert labs.succeeded(done), done["status"]
    await lab.until_running(lab.target, bench.space)
    found = await failures.explained(lab.target, name, namespace=labs.TOOLKIT)
    assert [(item.rule, item.finding.cause) for item in found.findings] == [], "\n".join(report.lines(found))
    said = await labs.command("explain", name, "--kubeconfig", lab.kubeconfig(lab.target))
    assert "all is well" in said
    assert max(map(len, said.splitlines())) <= 100
