"""An image cannot be pulled: the registry's answer says why."""

import re
from collections.abc import Iterable

from mtc.diagnose import finding, said, starting
from mtc.diagnose.case import Case
from mtc.diagnose.finding import Finding, Rule
from mtc.diagnose.said import Hit
from mtc.words import N_, _

_PULL = re.compile(
    r"ErrImagePull|ImagePullBackOff|InvalidImageName|ErrImageNeverPull|[Ff]ailed to pull image|couldn't parse image|RegistryUnavailable|ImageInspectError"
)
_IMAGE = re.compile(r"image \"(?P<image>[^\"]+)\"")
_NAME, _DENIED, _ABSENT, _TRUST = (
    re.compile(r"InvalidImageName|couldn't parse|invalid reference"),
    re.compile(r"unauthorized|authentication required|access .*denied|401|403|pull access denied|no basic auth", re.IGNORECASE),
    re.compile(r"not found|manifest unknown|404|does not exist|ErrImageNeverPull", re.IGNORECASE),
    re.compile(r"x509|certificate|HTTP response to HTTPS|tls", re.IGNORECASE),
)


def _find(case: Case) -> Iterable[Finding]:
    hits = starting.search(case, _PULL)
    if not hits:
        return
    text = " ".join(hit.saying.text for hit in hits)
    image = next((found["image"] for hit in hits if (found := _IMAGE.search(hit.saying.text))), _image_of(hits[0]))
    why, step = _why(text)
    # That it waits before it tries again says least.
    telling: list[Hit] = sorted(hits, key=lambda hit: "Back-off" in hit.saying.text)
    yield from finding.one(
        _("{pods} cannot start: image {image} cannot be pulled. {why}").format(pods=starting.names(hits), image=image or "?", why=why),
        said.things(hits),
        said.evidence(telling),
        [starting.describe(hits), step],
        weight=starting.weight(case, hits) - 1,
    )


def _why(text: str) -> tuple[str, str]:
    if _NAME.search(text):
        return _("Its name is not one of an image."), _("correct the image's name in the workload on the source, or on the target")
    if _DENIED.search(text):
        return _("The registry wants other credentials."), _(
            "give the namespace a pull Secret for that registry (imagePullSecrets of its service account)"
        )
    if _ABSENT.search(text):
        return _("The registry does not have it."), _(
            "push the image to the registry that the target uses, or correct name and tag in the workload"
        )
    if _TRUST.search(text):
        return _("The registry's certificate is not trusted."), _("let the nodes of the target trust the CA of the registry")
    return _("The registry does not answer, or not as one."), _(
        "look whether the nodes of this cluster reach the registry: name, network, proxy"
    )


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
