"""What a shell is told that may come next, without a cluster."""

import shutil
import subprocess
import sys

import pytest

from mtc.cli import _complete, main
from mtc.cli.completion import _SCRIPTS, Shell


def _words(*typed: str) -> list[str]:
    return [word for word, _ in _complete.answer(typed)[0]]


def test_verbs_options_and_their_words_are_completed(monkeypatch: pytest.MonkeyPatch) -> None:
    """At each place what can stand there; nothing where nothing is known."""
    monkeypatch.setenv("KUBECONFIG", "/none")
    assert {"status", "stage", "storage"} <= set(_words("st"))
    assert _words("plan", "c") == ["create", "check", "close"]
    assert _words("cutover", "--wa") == ["--wait"]
    assert _words("cutover", "shop", "-o", "") == ["text", "name", "json", "yaml"]
    assert _words("cutover", "shop", "-o", "y") == ["yaml"]
    assert _words("logs", "--component", "n") == ["node-agent"]
    assert "schedule" in _words("get", "sch")
    assert "plan" in _words("get", "pl")
    assert _words("get", "al") == ["all"]
    assert _words("get", "plan", "x", "") == []
    assert _words("nothing", "") == []
    assert _words("cutover", "") == []
    assert _complete.answer(["cluster", "add", "x", "--ca-file", ""]) == ([], 0)
    assert _complete.answer(["cluster", "add", "x", "--url", ""]) == ([], 4)


def test_the_answer_is_the_one_that_kubectl_expects(capsys: pytest.CaptureFixture[str]) -> None:
    """A line for each possibility, a tab before its meaning, the directive at the end."""
    assert main.run(["__complete", "cut"]) == 0
    assert capsys.readouterr().out.splitlines() == ["cutover\tmoves the application of a plan to the target", ":4"]


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
def test_bash_completes_with_the_script() -> None:
    """In a real shell, with a program of our name on the path."""
    program = f"mtc() {{ {sys.executable} -c 'from mtc.cli.main import main; main()' \"$@\"; }}"
    script = f'{program}\n{_SCRIPTS[Shell.BASH]}\nCOMP_WORDS=(mtc plan cr); COMP_CWORD=2; _mtc_complete; echo "${{COMPREPLY[@]}}"'
    done = subprocess.run(["bash", "--norc", "-c", script], check=True, capture_output=True, text=True, timeout=120)
    assert done.stdout.split() == ["create"]
