"""Which kinds a person can look at, and what they may be called."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

from mtc.kube import resources
from mtc.kube.resources import ResourceType
from mtc.look import errors


@dataclass(frozen=True)
class Kind:
    """A kind of the toolkit.

    Attributes:
        type: the resource.
        short: a shorter word for it; "" where there is none.
        meaning: what one of them is, for help.
    """

    type: ResourceType
    short: str
    meaning: str

    @property
    def words(self) -> tuple[str, ...]:
        """All words for it."""
        found = (self.type.plural, self.type.kind.lower(), self.type.group_resource)
        return (*found, self.short, f"{self.short}s") if self.short else found


#: What an object is called whose kind nobody has named.
ANY = "object of the toolkit"
#: In the order of a migration: what is declared, what is done, what is made for it.
KINDS = (
    Kind(resources.MIG_CLUSTERS, "cluster", "a cluster to migrate from or to"),
    Kind(resources.MIG_STORAGES, "storage", "the bucket between the clusters"),
    Kind(resources.MIG_PLANS, "plan", "what is migrated from where to where"),
    Kind(resources.MIG_HOOKS, "hook", "work of one's own at a point of a migration"),
    Kind(resources.MIG_ANALYTICS, "", "figures of what a plan would migrate"),
    Kind(resources.MIG_MIGRATIONS, "migration", "one run of a plan"),
    Kind(resources.DIRECT_IMAGE_MIGRATIONS, "dim", "images on their way from registry to registry"),
    Kind(resources.DIRECT_IMAGE_STREAM_MIGRATIONS, "dism", "images of one ImageStream on that way"),
    Kind(resources.BACKUP_STORAGE_LOCATIONS, "bsl", "a bucket of the engine"),
    Kind(resources.VOLUME_SNAPSHOT_LOCATIONS, "vsl", "a place of snapshots"),
    Kind(resources.BACKUP_REPOSITORIES, "", "volume data of a namespace in the bucket"),
    Kind(resources.SCHEDULES, "", "Backups made again and again"),
    Kind(resources.BACKUPS, "", "objects saved from the source"),
    Kind(resources.POD_VOLUME_BACKUPS, "pvb", "data of one volume on the way into the bucket"),
    Kind(resources.RESTORES, "", "objects made in the target"),
    Kind(resources.POD_VOLUME_RESTORES, "pvr", "data of one volume on the way out of the bucket"),
    Kind(resources.DELETE_BACKUP_REQUESTS, "", "the wish to delete a Backup with its data"),
    Kind(resources.DOWNLOAD_REQUESTS, "", "the wish for a file of the bucket"),
    Kind(resources.SERVER_STATUS_REQUESTS, "", "the question for the engine's version"),
)


def missing(kinds: Sequence[Kind], name: str, where: str) -> errors.NothingFound:
    """The error for a name that no cluster has among these kinds."""
    what, listing = (kinds[0].type.kind, f" {kinds[0].type.kind.lower()}") if len(kinds) == 1 else (ANY, "")
    return errors.NothingFound(f"There is no {what} {name} in {where}. `mtc get{listing}` lists what there is.")


def parse(word: str) -> Kind:
    """The kind that a word means.

    Raises:
        errors.UnknownKind: none is called so.
    """
    wanted = word.lower()
    for kind in KINDS:
        if wanted in kind.words:
            return kind
    known = [text for kind in KINDS for text in kind.words]
    near = difflib.get_close_matches(wanted, known, n=1)
    hint = f" Did you mean {near[0]}?" if near else ""
    msg = f"{word!r} is no kind of the toolkit.{hint} Known are: {', '.join(kind.type.kind for kind in KINDS)}."
    raise errors.UnknownKind(msg)
