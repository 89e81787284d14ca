"""Images were not copied from registry to registry: the errors of the copies say why."""

import re
from collections.abc import Iterable, Iterator

from mtc.api.migration.migmigration import MigMigration
from mtc.diagnose import causes, finding
from mtc.diagnose.case import Case, Placed
from mtc.diagnose.causes import Cause
from mtc.diagnose.finding import Finding, Rule
from mtc.words import N_, _

_KIND = "DirectImageStreamMigration"
#: What an error says, what it means, and what a person can do, the clearest first.
_CAUSES = (
    Cause(
        re.compile(r"refuses the login|has no bearer token"),
        N_("An image registry refuses the token of its MigCluster."),
        N_("give the service account whose token the MigCluster has the right to read images on the source and to push them on the target"),
    ),
    Cause(
        re.compile(r"has no such image"),
        N_("The registry of the source does not have the image any more."),
        N_("push the image again on the source, or remove its tag from the ImageStream"),
    ),
    Cause(
        re.compile(r"no space left"),
        N_("The image registry of the target is full."),
        N_("make the storage of the registry on the target larger, or free space in it"),
    ),
    Cause(
        re.compile(r"gives no answer"),
        N_("An image registry does not answer as it should."),
        N_("look at the pods, the route and the logs of the image registry that the message names"),
    ),
    Cause(
        re.compile(r"was deleted before it had ended"),
        N_("The copy was deleted before it had ended."),
        N_("find out who deletes objects in the namespace of the toolkit"),
    ),
    Cause(
        re.compile(r""),
        N_("An image could not be copied."),
        N_("push the image by hand, for instance with `skopeo copy --all`"),
    ),
)


def _find(case: Case) -> Iterable[Finding]:
    return causes.found(case, _errors(case), _CAUSES, _("Images were not copied to the target: {things}. {why}"))


def _errors(case: Case) -> Iterator[tuple[Placed, str]]:
    """What the copies of the migration, and what stands for those that are gone, say."""
    if case.migration is None:
        return
    told = set[str]()
    for kind in (_KIND, "DirectImageMigration"):
        for item in case.snapshot.all(case.snapshot.host, kind):
            labels = item["metadata"].get("labels") or {}
            if labels.get(MigMigration.KIND.singular) != case.migration.item["metadata"]["uid"]:
                continue
            for text in (item.get("status") or {}).get("errors") or ():
                # The whole repeats what its parts say.
                if not any(part in text for part in told):
                    told.add(str(text))
                    yield Placed(case.snapshot.host, item), str(text)


RULE = Rule(
    "image-uncopied",
    finding.OBJECT + 8,
    N_("errors of DirectImageStreamMigrations and of the DirectImageMigration"),
    N_("one of them has failed"),
    _find,
)
