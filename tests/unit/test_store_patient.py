"""A store that waits for trouble to pass, and says what it waits for."""

from pathlib import Path

import pytest

from mtc import store
from mtc.store import errors
from mtc.store.patient import Patient

WHERE = store.Location(name="memory", provider="memory", bucket="b")


class Troubled(Patient):
    """A store with something wrong at first."""

    def __init__(self, *trouble: errors.StoreError) -> None:
        super().__init__(store.open_location(WHERE), tell=_nobody)
        self._trouble = list(trouble)
        self.asked = 0

    async def put(self, key: str, data: bytes) -> None:
        """Writes, once nothing is wrong any more."""
        self.asked += 1
        if self._trouble:
            raise self._trouble.pop(0)
        await super().put(key, data)


async def _nobody(_: str) -> None:
    return


async def test_a_full_store_is_waited_for_and_told() -> None:
    """The reason is told when it changes, and its end."""
    told: list[str] = []

    async def tell(text: str) -> None:
        told.append(text)

    inner = Troubled(errors.StoreFull("full"), errors.StoreFull("full"), errors.StoreUnreachable("away"))
    await Patient(inner, tell=tell).put("x", b"1")
    assert told == ["full", "away", ""]
    assert await inner.get("x") == b"1"


@pytest.mark.parametrize("kind", [errors.AccessDenied, errors.BucketNotFound, errors.StoreError])
async def test_what_a_person_has_done_wrong_is_told_at_once(kind: type[errors.StoreError]) -> None:
    """It does not pass by itself."""
    inner = Troubled(kind("wrong"))
    with pytest.raises(kind):
        await Patient(inner, tell=_nobody).put("x", b"1")
    assert inner.asked == 1


async def test_patience_has_an_end(tmp_path: Path) -> None:
    """What lasts too long is told as it is."""
    inner = Troubled(*[errors.StoreUnreachable("away")] * 9)
    with pytest.raises(errors.StoreUnreachable):
        await Patient(inner, tell=_nobody, patience_s=0.1).put(tmp_path.name, b"1")
    assert inner.asked == 1
