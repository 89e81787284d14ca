"""Whether a namespace has a quota is an advantage to know, and nothing fails where it is not known."""

from typing import Any, cast

import pytest

from mtc.engine.restore.quotas import Quotas
from mtc.kube import errors
from mtc.kube.client import Client, Object
from mtc.kube.resources import ResourceType

pytestmark = pytest.mark.anyio


class _Cluster:
    """Answers lists: an error is raised, a list given."""

    def __init__(self, *answers: errors.KubeError | list[Object]) -> None:
        self.answers, self.asked = list(answers), list[str]()

    async def list_all(self, kind: ResourceType, **_: Any) -> list[Object]:
        """The next answer."""
        self.asked.append(kind.plural)
        answer = self.answers.pop(0)
        if isinstance(answer, errors.KubeError):
            raise answer
        return answer


async def _limit(cluster: _Cluster, times: int) -> list[bool]:
    quotas = Quotas(cast("Client", cluster))
    return [await quotas.limit("shop") for _ in range(times)]


async def test_a_namespace_is_looked_at_once() -> None:
    """Both kinds of quotas count; cluster-wide objects have none."""
    assert await _limit(_Cluster([{}]), 3) == [True] * 3
    assert await _limit(_Cluster([], [{}]), 3) == [True] * 3
    none = _Cluster([], [])
    assert await _limit(none, 3) == [False] * 3
    assert none.asked == ["resourcequotas", "appliedclusterresourcequotas"]
    assert await Quotas(cast("Client", none)).limit(None) is False


async def test_a_look_that_failed_is_repeated() -> None:
    """A moment's trouble costs one object its look, and none fails by it."""
    assert await _limit(_Cluster(errors.Unreachable("gone"), [{}]), 3) == [False, True, True]
