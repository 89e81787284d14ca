"""What a pass over a declaration leaves behind that did not come to its end."""

import asyncio

import pytest

from mtc import errors
from mtc.api import conditions
from mtc.kube.client import Object
from mtc.migration import checks, passes
from mtc.migration.record import Findings

_READY = conditions.ready("All is well.")
_KNOWN = checks.warn(conditions.PV_NO_SUPPORTED_ACTION, "", "A volume.")


def read() -> Object:
    """A plan that was Ready."""
    found = [item.model_dump(mode="json") for item in (_READY, _KNOWN)]
    return {"kind": "MigPlan", "metadata": {"namespace": "mtc", "name": "shop"}, "spec": {}, "status": {"conditions": found}}


@pytest.mark.parametrize("error", [RuntimeError("geheim"), ValueError("geheim"), KeyError("geheim"), errors.MtcError("It rains.")])
async def test_trouble_and_defects_end_ready(error: Exception) -> None:
    """ReconcileFailed stands in place of Ready, beside what was known; the words of a defect are for the log alone."""

    async def work() -> Findings:
        raise error

    findings, through = await passes.guarded(read(), work())
    assert not through
    assert [item.type for item in findings.staged] == [conditions.PV_NO_SUPPORTED_ACTION, conditions.RECONCILE_FAILED]
    message = findings.staged[-1].message
    assert "MigPlan mtc/shop" in message
    assert "geheim" not in message
    assert ("It rains." in message) == isinstance(error, errors.MtcError)


async def test_what_takes_too_long_ends_ready() -> None:
    """The message tells of time."""

    async def work() -> Findings:
        await asyncio.get_running_loop().create_future()
        return Findings([])

    findings, through = await passes.guarded(read(), work(), deadline_s=0.01)
    assert not through
    assert "0.01 seconds" in findings.staged[-1].message
