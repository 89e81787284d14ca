"""What the parts of the mover need of restic."""

from typing import Protocol

from mtc.movers import processes
from mtc.movers.restic import reports
from mtc.movers.volumes.port import Repository


class Runner(Protocol):
    """Runs restic."""

    async def run(
        self, repository: Repository, verb: str, *arguments: str, deadline_s: float | None = None
    ) -> tuple[reports.Report, processes.Ended]:
        """One run of restic."""

    async def short(self, repository: Repository, *arguments: str, doing: str) -> reports.Report:
        """One quick run that must succeed."""
