"""How far the objects that work for a step of a run have come, in numbers: ours, beside MTC's lines in `progress`.

A rate is what was observed, smoothed over about ten seconds. An ETA follows from the rate and what is left, so there is none
while nothing moves or the size of something is not known yet. `moved` is later than `updated` of the write before only where
something moved: who shows ages computes them from there.
"""

from enum import StrEnum

from pydantic import Field

from mtc.api import base


class State(StrEnum):
    """How far an item is; the same few words for all kinds."""

    WAITING = "Waiting"
    RUNNING = "Running"
    COMPLETED = "Completed"
    PARTIALLY_FAILED = "PartiallyFailed"
    FAILED = "Failed"
    CANCELED = "Canceled"


ENDED = frozenset({State.COMPLETED, State.PARTIALLY_FAILED, State.FAILED, State.CANCELED})


class Measure(base.Model):
    """What is done of what there is. A total that is absent is not known yet."""

    bytes_done: base.Int64 | None = Field(default=None, description="Bytes moved so far.")
    bytes_total: base.Int64 | None = Field(default=None, description="Bytes to move, as far as known.")
    bytes_per_second: base.Int64 | None = Field(default=None, description="Observed rate of bytes, smoothed; at the end the mean of all.")
    objects_done: base.Int64 | None = Field(default=None, description="Objects handled so far.")
    objects_total: base.Int64 | None = Field(default=None, description="Objects to handle, as far as known.")
    objects_per_second: base.Int64 | None = Field(
        default=None, description="Observed rate of objects, smoothed; at the end the mean of all."
    )
    eta_seconds: base.Int64 | None = Field(
        default=None, description="Seconds from `updated` of the step until the end, by the observed rate."
    )
    eta: base.Time | None = Field(default=None, description="When the end is expected, by the observed rate.")


class ItemFigures(Measure):
    """One object that works for the step: a Backup, a Restore, the copy of one volume."""

    kind: str = Field(default="", description="Kind of the object.", json_schema_extra=base.REQUIRED)
    cluster: str = Field(default="", description="MigCluster on which it works.")
    namespace: str = Field(default="", description="Its namespace.")
    name: str = Field(default="", description="Its name.", json_schema_extra=base.REQUIRED)
    pod: str | None = Field(default=None, description="Namespace/name of the pod whose volume is copied.")
    volume: str | None = Field(default=None, description="Name of the volume in that pod.")
    claim: str | None = Field(default=None, description="Namespace/name of the PersistentVolumeClaim that is copied.")
    node: str | None = Field(default=None, description="Node on which it works.")
    state: str = Field(
        default=State.WAITING,
        description="Waiting, Running, Completed, PartiallyFailed, Failed or Canceled.",
        json_schema_extra=base.REQUIRED,
    )
    started: base.Time | None = Field(default=None, description="When it began to work.")
    completed: base.Time | None = Field(default=None, description="When it ended.")
    moved: base.MicroTime | None = Field(default=None, description="When it was last seen to have moved on.")


class StepFigures(base.Model):
    """The figures of a step."""

    updated: base.MicroTime | None = Field(default=None, description="When these figures were taken.")
    moved: base.MicroTime | None = Field(default=None, description="When anything was last seen to have moved on.")
    total: Measure = Field(default_factory=Measure, description="All items together, those that are left out here included.")
    waiting: int = Field(default=0, description="Items that have not begun.")
    running: int = Field(default=0, description="Items at work.")
    ended: int = Field(default=0, description="Items that have ended, however.")
    unknown_sizes: int = Field(default=0, description="Items whose size is not known yet; there is no ETA of all before.")
    items: list[ItemFigures] = Field(
        default_factory=list, description="The items: those that failed, are at work, wait, have ended, in this order; at most 200."
    )
    omitted: int = Field(default=0, description="Items that are left out of the list because it would be too long.")


class PhaseTimes(base.Model):
    """When a phase of the step was at work. Between the end of one and the start of the next, nothing was waited for."""

    name: str = Field(default="", description="Name of the phase.", json_schema_extra=base.REQUIRED)
    started: base.MicroTime | None = Field(default=None, description="When it began.")
    completed: base.MicroTime | None = Field(default=None, description="When it ended.")
    moved: base.MicroTime | None = Field(default=None, description="When what it waits for was last seen to have changed.")
    digest: str | None = Field(default=None, description="Digest of what it waits for; another one means that something has moved.")
