"""What people may call the kinds of the toolkit."""

import pytest

from mtc.api import registry
from mtc.kube import resources
from mtc.look import errors, kinds


@pytest.mark.parametrize("word", ["migplan", "MigPlan", "migplans", "migplans.migration.openshift.io", "plan", "plans"])
def test_words_for_a_kind(word: str) -> None:
    """Plural, kind, full name and short word, in any case."""
    assert kinds.parse(word).type == resources.MIG_PLANS


def test_words_are_unique() -> None:
    """No word means two kinds."""
    words = [word for kind in kinds.KINDS for word in kind.words]
    assert len(words) == len({*words}) + sum(1 for kind in kinds.KINDS if kind.type.plural == kind.type.kind.lower())


def test_a_slip_is_answered_with_the_nearest_word() -> None:
    """The message names it, and all kinds that there are."""
    with pytest.raises(errors.UnknownKind, match=r"'migplna' is no kind of the toolkit\. Did you mean migplan\?") as caught:
        kinds.parse("migplna")
    assert "PodVolumeRestore" in str(caught.value)


def test_every_kind_is_one_of_ours() -> None:
    """A kind that can be asked for has a definition."""
    assert {kind.type.kind for kind in kinds.KINDS} <= {model.KIND.kind for model in registry.kinds()}
