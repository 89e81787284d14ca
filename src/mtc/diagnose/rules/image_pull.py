"""An image cannot be pulled: the registry's answer, or the node's, says why."""

import re
from collections.abc import Iterable

from mtc.diagnose import finding, said, starting
from mtc.diagnose.case import Case
from mtc.diagnose.finding import Finding, Rule
from mtc.diagnose.said import Hit
from mtc.words import N_, _

_PULL = re.compile(
    r"ErrImagePull|ImagePullBackOff|InvalidImageName|ErrImageNeverPull|[Ff]ailed to pull (?:and unpack )?image|couldn't parse image|RegistryUnavailable|"
    r"ImageInspectError|pull policy of Never"
)
_IMAGE = re.compile(r"image \"(?P<image>[^\"]+)\"")
#: A status of HTTP, and no part of a digest, a port or a name.
_STATUS = r"(?<![\w:./@-])(?:{})(?![\w./-])"
#: What the answer is, from those that name it most exactly; then what to do.
_ANSWERS = (
    (
        re.compile(r"InvalidImageName|couldn't parse image|invalid reference format"),
        N_("Its name is not one of an image."),
        N_("correct the image's name in the workload on the source, or on the target"),
    ),
    (
        re.compile(rf"toomanyrequests|pull rate limit|too many requests|{_STATUS.format('429')}", re.IGNORECASE),
        N_("The registry answers no more for now: too much was pulled from it."),
        N_("wait, or give the namespace a pull Secret of an account with a higher limit, or pull through a mirror of your own"),
    ),
    (
        re.compile(r"no match for platform in manifest|no matching manifest for|does not match the specified platform"),
        N_("The registry has it for other processors than that of the node."),
        N_("push the image for the processors of the target's nodes (`kubectl get nodes -L kubernetes.io/arch`), or choose such nodes"),
    ),
    (
        re.compile(r"ErrImageNeverPull|pull policy of Never"),
        N_("The pod forbids to pull it (imagePullPolicy: Never), and the node does not have it."),
        N_("set imagePullPolicy of the workload to IfNotPresent, or load the image on the nodes of the target"),
    ),
    (
        re.compile(r"no space left on device"),
        N_("The node's disk is full."),
        N_("free disk on the node (`kubectl describe node NODE`, condition DiskPressure), or let the pod run on another one"),
    ),
    (
        re.compile(
            rf"unauthorized|authentication required|authorization failed|access .*denied|no basic auth|{_STATUS.format('401|403')}",
            re.IGNORECASE,
        ),
        N_("The registry wants other credentials."),
        N_("give the namespace a pull Secret for that registry (imagePullSecrets of its service account)"),
    ),
    (
        re.compile(r"x509|certificate|HTTP response to HTTPS|\btls: ", re.IGNORECASE),
        N_("The registry's certificate is not trusted."),
        N_("let the nodes of the target trust the CA of the registry"),
    ),
    (
        re.compile(rf"(?<!host )not found|manifest unknown|does not exist|{_STATUS.format('404')}", re.IGNORECASE),
        N_("The registry does not have it."),
        N_("push the image to the registry that the target uses, or correct name and tag in the workload"),
    ),
)
_WAITS = re.compile("Back-off")
_SILENT = (
    N_("The registry does not answer, or not as one."),
    N_("look whether the nodes of this cluster reach the registry: name, network, proxy"),
)


def _find(case: Case) -> Iterable[Finding]:
    # That it waits before it tries again says nothing of why.
    for answer, hits in said.clearest(starting.search(case, _PULL), _answer, vague=_SILENT).items():
        image = next((named["image"] for hit in hits if (named := _IMAGE.search(hit.saying.text))), _image_of(hits[0]))
        yield from finding.one(
            _("{pods} cannot start: image {image} cannot be pulled. {why}").format(
                pods=starting.names(hits), image=image or "?", why=_(answer[0])
            ),
            said.things(hits),
            said.evidence(
                [*(hit for hit in hits if not _WAITS.search(hit.saying.text)), *(hit for hit in hits if _WAITS.search(hit.saying.text))]
            ),
            [starting.describe(hits), _(answer[1])],
            weight=starting.weight(case, hits) - 1,
        )


def _answer(hit: Hit) -> tuple[str, str]:
    return next(((why, step) for pattern, why, step in _ANSWERS if pattern.search(hit.saying.text)), _SILENT)


def _image_of(hit: Hit) -> str:
    for state in hit.saying.placed.status.get("containerStatuses") or ():
        if (state.get("state") or {}).get("waiting"):
            return str(state.get("image") or "")
    return ""


RULE = Rule(
    "image-pull",
    finding.APPLICATION,
    N_("containers that wait, and events of their pods"),
    N_("an image cannot be pulled or its name is wrong"),
    _find,
)
