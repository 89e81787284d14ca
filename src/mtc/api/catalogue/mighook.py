"""Conditions of a MigHook: can a Job be made of it."""

from functools import partial

from mtc.api import conditions
from mtc.api.catalogue import Entry

_critical = partial(Entry, "MigHook", conditions.CRITICAL)
_required = partial(Entry, "MigHook", conditions.REQUIRED)

ENTRIES = (
    _critical(
        conditions.INVALID_IMAGE,
        conditions.NOT_SET,
        explanation="spec.image is missing or is no name that an image can have, so no container could be started from it.",
        remedy="Write it as [registry/]name[:tag][@digest], in lower case except for the tag: registry.example.org/team/hook:1.0.",
    ),
    _critical(
        conditions.INVALID_TARGET,
        conditions.NOT_SET,
        explanation="spec.targetCluster does not say in which of the two clusters the hook runs.",
        remedy="Set it to source or destination.",
    ),
    _critical(
        conditions.INVALID_PLAYBOOK_DATA,
        conditions.NOT_SET,
        explanation="spec.playbook cannot be decoded: a playbook is stored in base64.",
        remedy="Encode the playbook with `base64 -w0 playbook.yml`.",
    ),
    _critical(
        conditions.INVALID_CUSTOM_HOOK,
        conditions.NOT_SET,
        explanation="spec.custom says that the image does the work by itself, and yet there is a playbook, which nobody would run.",
        remedy="Remove spec.playbook, or set spec.custom to false to have the playbook run.",
    ),
    _critical(
        conditions.INVALID_ANSIBLE_HOOK,
        conditions.NOT_SET,
        explanation="spec.custom is false, so the image would run an Ansible playbook, and there is none.",
        remedy="Put a playbook in base64 into spec.playbook, or set spec.custom to true if the image needs none.",
    ),
    _required(
        conditions.READY,
        "",
        explanation="The hook is described well. Whether its image can be pulled and does its work shows when it runs.",
    ),
)
