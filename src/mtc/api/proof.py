"""What was found when that which arrived was compared with that which was saved: in `status.proof`, and between controller and node agent.

Nothing here ever has a value of a Secret, or a part of a file.
"""

from enum import StrEnum

from pydantic import Field

from mtc.api import base


class ProofState(StrEnum):
    """What the comparison came to."""

    PROVED = "proved"
    DIFFERENT = "different"
    NOT_PROVED = "not-proved"
    SKIPPED = "skipped"


class ProofCounts(base.Model):
    """How many objects, or volumes, were compared, and how that ended."""

    compared: int = Field(default=0, description="Those that were compared.")
    equal: int = Field(default=0, description="Those that are what was saved, apart from what a cluster adds by itself.")
    changed: int = Field(
        default=0, description="Those that a migration changes or leaves out on purpose, or that controllers of the target make themselves."
    )
    different: int = Field(default=0, description="Those that are missing or differ.")
    not_compared: int = Field(default=0, description="Those that could not be compared.")


class ProofDifference(base.Model):
    """Something that is missing or differs on the target."""

    kind: str = Field(
        default="", description="Kind of the object; PersistentVolumeClaim for a file of a volume.", json_schema_extra=base.REQUIRED
    )
    namespace: str | None = Field(default=None, description="Namespace on the target.")
    name: str = Field(default="", description="Name of the object.", json_schema_extra=base.REQUIRED)
    path: str | None = Field(default=None, description="Path of the file in its volume.")
    what: list[str] = Field(default_factory=list, description="What differs: fields, keys, properties of a file; never their content.")


class Proof(base.Model):
    """Whether what arrived was compared with what was saved."""

    state: str = Field(default="", description="proved, different, not-proved or skipped.", json_schema_extra=base.REQUIRED)
    message: str = Field(default="", description="The result in a sentence.")
    objects: ProofCounts | None = Field(default=None, description="Objects of the initial Backup, and claims of the stage Backup.")
    volumes: ProofCounts | None = Field(default=None, description="Volumes whose files were copied.")
    files: base.Int64 = Field(default=0, description="Files, folders and links in these volumes that were compared.")
    content_bytes: base.Int64 = Field(default=0, description="Bytes of these files that were compared.")
    differences: list[ProofDifference] = Field(default_factory=list, description="The first differences; the report has all of them.")
    not_compared: list[str] = Field(default_factory=list, description="What was not compared and why, one sentence each; at most 20.")
    report: str | None = Field(default=None, description="Key in the bucket of the full list: gzip, a JSON document a line.")
    completed: base.Time | None = Field(default=None, description="When the last part of it was compared.")


# --- Between controller and node agent ------------------------------------------------------------------------------------------


class FileDifference(base.Model):
    """A file of a volume that is missing or differs."""

    path: str = Field(default="", description="Path below the root of the volume.")
    what: list[str] = Field(default_factory=list, description="What differs, never a part of the content.")


class VolumeAnswer(base.Model):
    """What a node agent answers in an annotation of a PodVolumeRestore, and what a sender of a direct copy has found."""

    request: str = Field(default="", description="The request that is answered: the key of the report.")
    compared: bool = Field(default=False, description="Whether the volume was compared to its end.", json_schema_extra=base.REQUIRED)
    claim: str = Field(default="", description="The claim on the target, namespace/name.")
    files: base.Int64 = Field(default=0, description="Entries that were compared.")
    content_bytes: base.Int64 = Field(default=0, description="Bytes that were read.")
    differences: int = Field(default=0, description="Entries that differ.")
    first: list[FileDifference] = Field(default_factory=list, description="The first of them.")
    report: bool = Field(default=False, description="Whether all of them are in the bucket.")
    message: str = Field(default="", description="Why not, or not everything.")

    def to_json(self) -> str:
        """As the annotation has it."""
        return self.model_dump_json()


def read_answer(text: str | None, request: str) -> VolumeAnswer | None:
    """The answer to a request; None where there is none yet."""
    if not text:
        return None
    try:
        found = VolumeAnswer.model_validate_json(text)
    except ValueError:
        return None
    return found if found.request == request else None
