"""The reference page and the man pages are written from the code."""

import shutil
import subprocess

import pytest

from mtc.cli import _reference, _surface, _verbs

_CONNECTION = {"--kubeconfig", "--context", "--namespace"}
#: They work on this machine, and on no cluster that a person chooses.
_LOCAL = {"lab", "demo", "completion"}


def test_every_verb_has_its_page_and_every_option_its_line() -> None:
    """Nothing that can be typed is missing."""
    files = _reference.files()
    for verb in _verbs.every():
        assert f"man/mtc-{verb.name}.1" in files
        for command in _surface.of(verb).every():
            assert f"### mtc {' '.join(command.words)}\n" in files["README.md"]
            for option in command.options:
                assert f"`{option.names[0]}`" in files["README.md"], (command.words, option.names)
                assert option.help, (command.words, option.names)
    assert files["README.md"].startswith(_reference.MARK)


def test_verbs_reach_clusters_in_one_way() -> None:
    """The same three options with the same words, for each verb that talks to a cluster; the same letters mean the same."""
    meanings: dict[str, set[tuple[str, ...]]] = {}
    for verb in _verbs.every():
        for command in _surface.of(verb).every():
            options = {name for option in command.options for name in option.names}
            if not command.commands and verb.name not in _LOCAL and options & _CONNECTION:
                assert options >= _CONNECTION, command.words
            for option in command.options:
                for name in option.names:
                    if not name.startswith("--"):
                        meanings.setdefault(name, set()).add(option.names[:1])
    for letter in ("-o", "-n", "-w", "-y", "-l"):
        assert {names[0] for names in meanings[letter]} <= {"--output", "--namespace", "--wait", "--watch", "--yes", "--selector", "-o"}, (
            letter
        )


@pytest.mark.skipif(shutil.which("groff") is None, reason="there is no groff")
def test_man_pages_are_formatted_without_complaint() -> None:
    """As `man` does it; all of them at once."""
    text = "\n".join(page for name, page in _reference.files().items() if name.startswith("man/"))
    done = subprocess.run(["groff", "-man", "-Tutf8", "-ww"], input=text, check=True, capture_output=True, text=True, timeout=120)
    assert not done.stderr
    assert "mtc cutover" in done.stdout
