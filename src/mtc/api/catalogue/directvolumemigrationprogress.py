"""Conditions of a DirectVolumeMigrationProgress: the reader of one rsync pod's progress."""

from functools import partial

from mtc.api import conditions
from mtc.api.catalogue import Entry

_KIND = "DirectVolumeMigrationProgress"
_critical = partial(Entry, _KIND, conditions.CRITICAL)

ENTRIES = (
    _critical(
        conditions.INVALID_CLUSTER_REF,
        conditions.NOT_SET,
        explanation="Nothing says on which cluster the pod is.",
        remedy="Set spec.clusterRef to name and namespace of a MigCluster.",
    ),
    _critical(
        conditions.INVALID_CLUSTER_REF,
        conditions.NOT_FOUND,
        explanation="The MigCluster that spec.clusterRef names does not exist.",
        remedy="Create it, or correct the reference.",
    ),
    _critical(
        conditions.CLUSTER_NOT_READY,
        "",
        explanation="The MigCluster of the pod is not Ready, so its progress cannot be read.",
        remedy="Look at the conditions of that MigCluster.",
    ),
    _critical(
        conditions.INVALID_POD,
        conditions.NOT_FOUND,
        explanation="The pod that spec.podRef names does not exist.",
        remedy="Nothing if the copy has ended; else look at the DirectVolumeMigration.",
    ),
    _critical(
        conditions.INVALID_POD_SELECTOR,
        "",
        explanation="spec.podSelector lacks the label that tells pods of one volume from those of others.",
        remedy="Leave these objects to the DirectVolumeMigration, which makes them with all that they need.",
    ),
    _critical(
        conditions.INVALID_SPEC,
        "",
        explanation="Neither spec.podRef nor spec.podSelector says which pod is meant.",
        remedy="Leave these objects to the DirectVolumeMigration, which makes them with all that they need.",
    ),
    Entry(
        _KIND,
        conditions.REQUIRED,
        conditions.READY,
        "",
        explanation="The progress of the pod is being read.",
    ),
)
