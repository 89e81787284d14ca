"""What a step tells the loop: which collections its result depends on, and when to look again at the latest."""

from dataclasses import dataclass

from mtc.kube.client import Client
from mtc.kube.resources import ResourceType


@dataclass(frozen=True)
class Topic:
    """Objects whose change makes a step worth repeating; equal topics share one watch.

    Attributes:
        cluster: where they are; another client is another topic.
        kind: their type.
        namespace: None for all namespaces and for objects of the cluster.
        name: one object only.
        label_selector: only those that match.
    """

    cluster: Client
    kind: ResourceType
    namespace: str | None = None
    name: str = ""
    label_selector: str = ""


@dataclass(frozen=True)
class Result:
    """What a step leaves behind.

    Attributes:
        after_s: look again after so many seconds; None for "when something changes".
        topics: what to watch until then.
    """

    after_s: float | None = None
    topics: frozenset[Topic] = frozenset()
