"""What a restore makes of each object of an archive, without making it: for whoever compares or foretells.

The same filters, resets and actions as in `items`, in the same order; nothing is written, and objects that others bring along
are not followed, because each stands in the archive itself.
"""

from dataclasses import dataclass

from mtc.engine import actions, archive, restore_actions, selection
from mtc.engine.restore import existing, persistent_volumes
from mtc.engine.restore.context import Context, Subject
from mtc.engine.restore.items import is_over
from mtc.kube import codec
from mtc.kube.client import Object


@dataclass(frozen=True)
class Expected:
    """An object of the archive.

    Attributes:
        original: as it was saved.
        item: as the restore makes it, None where it does not.
        why: it does not.
    """

    original: Object
    item: Object | None
    why: str = ""


class Expectations:
    """Tells of the objects of one archive.

    Args:
        context: a run, as `context.build` makes it; its cluster is only read.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._actions = actions.load(restore_actions)
        self._by_type: dict[str, tuple[actions.Action[Subject], ...]] = {}

    async def of(self, place: archive.Item) -> Expected:
        """What becomes of the object at a place. Raises KubeError when an action has to look at the cluster and cannot."""
        context = self._context
        body = context.reader.body(place)
        original: Object = codec.loads(body)
        if is_over(original):
            return Expected(original, None, "it was finished")
        if not selection.any_selects(context.spec, original["metadata"].get("labels") or {}):
            return Expected(original, None, "the label selector leaves it out")
        item: Object = codec.loads(body)
        if place.group_resource == "persistentvolumes":
            if persistent_volumes.decide(item, context.volume_info.get(place.name), copied_claims=frozenset()) == "provision":
                return Expected(original, None, "it is made anew for its claim")
            persistent_volumes.unbind(item, mapping=context.mapping)
        target = context.target_namespace(place.namespace) if place.namespace else ""
        existing.reset(item)
        if target:
            item["metadata"]["namespace"] = target
        for rule in self._rules(place.group_resource):
            outcome = await rule.apply(item, Subject(context, original, place.namespace, target))
            if outcome.item is None:
                return Expected(original, None, outcome.why)
            item = outcome.item
        return Expected(original, item)

    def _rules(self, group_resource: str) -> tuple[actions.Action[Subject], ...]:
        rules = self._by_type.get(group_resource)
        if rules is None:
            rules = self._by_type[group_resource] = actions.for_resource(self._actions, group_resource)
        return rules
