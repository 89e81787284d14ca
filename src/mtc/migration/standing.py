"""A migration in the middle of a step: what the server has of it, and how far it has come since."""

from dataclasses import dataclass
from typing import Self

from mtc.api import conditions
from mtc.api.migration.migmigration import MigMigration, MigMigrationStatus
from mtc.kube.client import Object


@dataclass
class Standing:
    """A migration in a step.

    Attributes:
        read: as the server has it.
        written: its status there.
        migration: as it stands, which may not be written yet.
    """

    read: Object
    written: MigMigrationStatus
    migration: MigMigration

    @classmethod
    def of(cls, read: Object) -> Self:
        """As the server has it. Raises InvalidResource where it has another form than servers should let pass."""
        migration = MigMigration.from_dict(read)
        return cls(read, migration.status, migration)

    def tells(self, after: MigMigrationStatus) -> bool:
        """Whether a status has more to tell than that the next phase runs."""
        return _told(self.migration.status) != _told(after)

    def holds(self, after: MigMigrationStatus) -> None:
        """The status is this from now on; it is written with the next one."""
        self.migration = self.migration.model_copy(update={"status": after})

    def settles(self, read: Object) -> None:
        """It stands as the server has it now."""
        migration = MigMigration.from_dict(read)
        self.read, self.written, self.migration = read, migration.status, migration


def _told(found: MigMigrationStatus) -> tuple[object, ...]:
    known = [entry for entry in found.conditions if entry.type != conditions.RUNNING]
    return known, found.itinerary, found.errors, found.proof, found.dry_run, found.namespaces
