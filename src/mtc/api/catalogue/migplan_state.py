"""Conditions of a MigPlan about its own state."""

from functools import partial

from mtc.api import conditions
from mtc.api.catalogue import Entry

_required = partial(Entry, "MigPlan", conditions.REQUIRED)
_advisory = partial(Entry, "MigPlan", conditions.ADVISORY)

ENTRIES = (
    _required(
        conditions.STORAGE_ENSURED,
        conditions.DONE,
        explanation="The plan has its BackupStorageLocation, VolumeSnapshotLocation and credentials on both clusters.",
    ),
    _advisory(
        conditions.SUSPENDED,
        "",
        explanation=(
            "A migration of the plan runs, or the application has been migrated for good, so the source no longer is what it was. Volumes "
            "are not looked for and locations not made; what these told before is kept."
        ),
        remedy="Nothing, as a rule. spec.refresh looks once all the same; a rollback that succeeds ends it.",
    ),
    _advisory(
        conditions.CLOSED,
        "",
        explanation="The plan was closed by spec.closed. Nothing is done for it any more, and no migration of it can start.",
        remedy="Make another plan to migrate again.",
    ),
    _advisory(
        conditions.CLOSING,
        "",
        explanation=(
            "The plan was closed by spec.closed while a migration of it was at work. That one goes on to its end, no other begins, and what "
            "was made for the plan is cleared away afterwards."
        ),
        remedy="Nothing: wait for the end of the migration that the message names, or cancel it.",
    ),
    _required(
        conditions.REGISTRIES_ENSURED,
        conditions.DONE,
        explanation="Versions before 1.4.2 had a migration registry for each plan and said so here. It is written no longer.",
    ),
    _required(
        conditions.REGISTRIES_HEALTHY,
        "",
        explanation="Versions before 1.4.2 said here that the registries of the plan were healthy; now each migration has its own.",
    ),
    _required(
        conditions.READY,
        "",
        explanation="All that the plan names fits together, its volumes are listed, its locations are made. It can be migrated.",
    ),
)
