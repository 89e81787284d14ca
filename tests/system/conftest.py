"""Two real clusters, up for the whole session; and what is seen in them when a test fails."""

import asyncio
import os
import subprocess
from collections.abc import AsyncIterator, Generator, Sequence
from pathlib import Path
from typing import Any

import pytest

from kit import labs, leaks

_TOOLKIT = ("-n", labs.TOOLKIT)
_LOOKS = {
    "migrations": ("target", ("get", "migmigrations,migplans,migstorages,migclusters", *_TOOLKIT)),
    "migrations in full": ("target", ("describe", "migmigrations", *_TOOLKIT)),
    "backups of the source": ("source", ("get", "backups,podvolumebackups,backuprepositories,bsl", *_TOOLKIT)),
    "restores of the target": ("target", ("get", "restores,podvolumerestores,backuprepositories,bsl", *_TOOLKIT)),
    "pods of the source": ("source", ("get", "pods", "-A", "-o", "wide")),
    "pods of the target": ("target", ("get", "pods", "-A", "-o", "wide")),
    "log of the controller": ("target", ("logs", *_TOOLKIT, "deploy/migration-controller", "--tail=60")),
    "log of the source's engine": ("source", ("logs", *_TOOLKIT, "deploy/velero", "--tail=40")),
    "log of the target's engine": ("target", ("logs", *_TOOLKIT, "deploy/velero", "--tail=40")),
    "log of the source's node agent": ("source", ("logs", *_TOOLKIT, "ds/node-agent", "--tail=40")),
    "log of the target's node agent": ("target", ("logs", *_TOOLKIT, "ds/node-agent", "--tail=40")),
}
_LOOK_S = 30
#: The lab starts within the time of the first test, and a busy machine is several times as slow as an idle one.
_TEST_S = 1800


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Each test may wait for migrations."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.timeout(_TEST_S))


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """One event loop for the session, so that the lab can be shared."""
    return "asyncio"


@pytest.fixture(scope="session")
async def lab(anyio_backend: str) -> AsyncIterator[labs.Lab]:
    """Two clusters with the toolkit, started and taken down, or those of the lab that MTC_TEST_LAB names, as they are."""
    running = os.environ.get("MTC_TEST_LAB")
    async with labs.entered(running) if running else labs.opened("test") as opened:
        yield opened
        leaks.fail([*await leaks.in_cluster(opened.source), *await leaks.in_cluster(opened.target), *await _in_logs(opened)])


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: "pytest.CallInfo[None]") -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A test during which a secret was printed has failed; a failure shows what there is in both clusters."""
    report = yield
    leaks.judge(report, call)
    found: Any = getattr(item, "funcargs", {}).get("lab")
    if report.when == "call" and report.failed and isinstance(found, labs.Lab):
        for title, (role, words) in _LOOKS.items():
            report.sections.append((f"lab: {title}", _kubectl(found, role, words)))
    return report


async def _in_logs(lab: labs.Lab) -> list[leaks.Leak]:
    """The secrets that stand in the logs of our processes."""
    finder = leaks.Finder(await leaks.of_secrets(lab.source) | await leaks.of_secrets(lab.target))
    logs = {title: (role, [*words[:-1], "--tail=-1"]) for title, (role, words) in _LOOKS.items() if words[0] == "logs"}
    texts = {title: await asyncio.to_thread(_kubectl, lab, role, words) for title, (role, words) in logs.items()}
    return [leak for title, text in texts.items() for leak in finder.search(text, f"the {title}")]


def _kubectl(lab: labs.Lab, role: str, words: Sequence[str]) -> str:
    kubeconfig = lab.values[f"MTC_LAB_{role.upper()}_KUBECONFIG"]
    argv = [lab.values["MTC_LAB_KUBECTL"], f"--kubeconfig={kubeconfig}", f"--request-timeout={_LOOK_S}s", *words]
    done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=2 * _LOOK_S, check=False)
    return done.stdout.decode(errors="replace")
