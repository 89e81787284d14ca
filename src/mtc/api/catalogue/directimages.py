"""Conditions of DirectImageMigration and DirectImageStreamMigration: images copied from registry to registry."""

from functools import partial

from mtc.api import conditions
from mtc.api.catalogue import ANY_REASON, Entry

_NAMESPACES, _STREAM = "DirectImageMigration", "DirectImageStreamMigration"


def _both(kind: str) -> tuple[Entry, ...]:
    """What the two kinds have in common."""
    critical = partial(Entry, kind, conditions.CRITICAL)
    advisory = partial(Entry, kind, conditions.ADVISORY)
    return (
        critical(
            conditions.INVALID_SOURCE_CLUSTER_REF,
            conditions.NOT_SET,
            explanation="Nothing says from which cluster to copy.",
            remedy="Set spec.srcMigClusterRef to name and namespace of a MigCluster.",
        ),
        critical(
            conditions.INVALID_SOURCE_CLUSTER_REF,
            conditions.NOT_FOUND,
            explanation="The MigCluster that spec.srcMigClusterRef names does not exist.",
            remedy="Create it, or correct the reference.",
        ),
        critical(
            conditions.INVALID_DESTINATION_CLUSTER_REF,
            conditions.NOT_SET,
            explanation="Nothing says to which cluster to copy.",
            remedy="Set spec.destMigClusterRef to name and namespace of a MigCluster.",
        ),
        critical(
            conditions.INVALID_DESTINATION_CLUSTER_REF,
            conditions.NOT_FOUND,
            explanation="The MigCluster that spec.destMigClusterRef names does not exist.",
            remedy="Create it, or correct the reference.",
        ),
        critical(
            conditions.SOURCE_CLUSTER_NOT_READY,
            "",
            explanation="The MigCluster to copy from is not Ready.",
            remedy="Look at the conditions of that MigCluster.",
        ),
        critical(
            conditions.DESTINATION_CLUSTER_NOT_READY,
            "",
            explanation="The MigCluster to copy to is not Ready.",
            remedy="Look at the conditions of that MigCluster.",
        ),
        critical(
            conditions.MISSING_SOURCE_REGISTRY_PATH,
            "",
            explanation="The image registry of the source cannot be reached from outside.",
            remedy="Set spec.exposedRegistryPath of its MigCluster to the route of the registry.",
        ),
        critical(
            conditions.MISSING_DESTINATION_REGISTRY_PATH,
            "",
            explanation="The target has no image registry that can be reached.",
            remedy="Set spec.exposedRegistryPath of its MigCluster to the route of the registry.",
        ),
        critical(
            conditions.INVALID_DESTINATION_CLUSTER,
            conditions.NOT_DISTINCT,
            explanation="Source and target are the same cluster, where images are in the registry already.",
            remedy="Name two different clusters.",
        ),
        advisory(
            conditions.RUNNING,
            ANY_REASON,
            explanation="The copy runs. The reason is the phase that it is in.",
        ),
        advisory(
            conditions.SUCCEEDED,
            conditions.COMPLETED,
            explanation="All images have been copied.",
            durable=True,
        ),
        Entry(
            kind,
            conditions.REQUIRED,
            conditions.READY,
            "",
            explanation="What is to be copied is described well; the copy can run.",
        ),
    )


ENTRIES = (
    *_both(_NAMESPACES),
    Entry(
        _NAMESPACES,
        conditions.CRITICAL,
        conditions.NAMESPACE_LIST_EMPTY,
        conditions.NOT_FOUND,
        explanation="spec.namespaces is empty, so there is nothing to copy.",
        remedy="List the namespaces.",
    ),
    Entry(
        _NAMESPACES,
        conditions.CRITICAL,
        conditions.NAMESPACE_NOT_FOUND_ON_SOURCE,
        conditions.NOT_FOUND,
        explanation="Namespaces in spec.namespaces do not exist on the source.",
        remedy="Correct the list.",
    ),
    Entry(
        _NAMESPACES,
        conditions.ADVISORY,
        conditions.FAILED,
        ANY_REASON,
        explanation="Some images could not be copied. status.failedISs and status.errors say which and why.",
        remedy="Push these images by hand, or remove the cause and start another migration.",
        durable=True,
    ),
    *_both(_STREAM),
    Entry(
        _STREAM,
        conditions.CRITICAL,
        conditions.INVALID_IMAGE_STREAM_REF,
        conditions.NOT_SET,
        explanation="Nothing says which ImageStream to copy.",
        remedy="Set spec.imageStreamRef to name and namespace of an ImageStream of the source.",
    ),
    Entry(
        _STREAM,
        conditions.CRITICAL,
        conditions.INVALID_IMAGE_STREAM,
        conditions.NOT_FOUND,
        explanation="The ImageStream that spec.imageStreamRef names does not exist on the source.",
        remedy="Correct the reference.",
    ),
    Entry(
        _STREAM,
        conditions.CRITICAL,
        conditions.NAMESPACE_NOT_FOUND_ON_DESTINATION,
        conditions.NOT_FOUND,
        explanation="The namespace that the images are to go to does not exist on the target.",
        remedy="Create the namespace there, or correct spec.destNamespace.",
    ),
    Entry(
        _STREAM,
        conditions.ADVISORY,
        conditions.FAILED,
        ANY_REASON,
        explanation="Images of the ImageStream could not be copied. status.errors says why.",
        remedy="Push these images by hand, or remove the cause and start another migration.",
        durable=True,
    ),
)
