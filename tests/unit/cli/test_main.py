"""Help, exit codes and errors of the command, without a cluster."""

import json
import time
from pathlib import Path

import pytest

from mtc.cli import _surface, _verbs, main


def test_help_and_version_are_answered(capsys: pytest.CaptureFixture[str]) -> None:
    """With and without a word, in lines that fit."""
    for words in ([], ["--help"], ["-h"], ["help"]):
        assert main.run(words) == 0
        out = capsys.readouterr().out
        assert "  get " in out
        assert "Exit codes: 0 done" in out
        assert max(map(len, out.splitlines())) <= 120
    assert main.run(["--version"]) == 0
    assert capsys.readouterr().out.strip()


@pytest.mark.parametrize(
    "words",
    [
        ["gte"],
        ["--what"],
        ["get", "--what"],
        ["tree"],
        ["get", "-o", "what"],
        ["logs", "--component", "velero"],
        ["backup", "delete"],
        ["schedule", "delete", "x", "--all"],
    ],
)
def test_wrong_use_exits_with_2_and_says_where_help_is(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """On stderr, in one line."""
    assert main.run(words) == 2
    out, err = capsys.readouterr()
    assert not out
    assert err.startswith("mtc: ")
    assert "--help` " in err
    assert "Value error" not in err
    assert "Traceback" not in err


def _with_option(name: str) -> list[list[str]]:
    """Every verb that has the option, with a word for each argument that it must have."""
    commands = [command for verb in _verbs.every() for command in _surface.of(verb).every()]
    found = [command for command in commands if any(name in option.names for option in command.options)]
    return [[*command.words, *("x" for argument in command.arguments if argument.is_required)] for command in found]


@pytest.mark.parametrize("text", ["600", "soon", "-5s"])
@pytest.mark.parametrize("option", ["--timeout", "--since"])
def test_a_length_of_time_is_looked_at_before_anything_is_done(
    option: str, text: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Whichever verb it is: no cluster is asked for anything before its options make sense."""
    found = _with_option(option)
    assert found
    for words in found:
        assert main.run([*words, f"{option}={text}", "--kubeconfig", str(tmp_path / "none")]) == 2, words
        assert f"'{option}': '{text}' is" in capsys.readouterr().err


def test_a_program_gets_errors_as_json(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Wrong use, no access and no answer: each with its reason and exit code."""
    assert main.run(["get", "--what", "-o", "json"]) == 2
    assert json.loads(capsys.readouterr().err)["error"]["reason"] == "Usage"
    assert main.run(["get", "-o", "json", "--kubeconfig", str(tmp_path / "none")]) == 5
    assert json.loads(capsys.readouterr().err)["error"]["reason"] == "NoAccess"


def test_no_answer_exits_with_6(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Nobody listens there."""
    file = tmp_path / "kubeconfig"
    file.write_text(
        "{current-context: c, contexts: [{name: c, context: {cluster: c}}], clusters: [{name: c, cluster: {server: 'http://127.0.0.1:9'}}]}"
    )
    assert main.run(["--kubeconfig", str(file), "get", "plan"]) == 6
    assert "127.0.0.1:9" in capsys.readouterr().err


def test_help_imports_no_verb_and_no_library() -> None:
    """That is what keeps it quick; a time would depend on how busy the machine is."""
    import subprocess
    import sys

    program = "import sys; from mtc.cli import main; main.run(['--help']); print(*sorted(sys.modules))"
    began = time.monotonic()
    out = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True, timeout=60).stdout
    assert time.monotonic() - began < 60
    loaded = out.splitlines()[-1].split()
    assert not {"typer", "rich", "pydantic", "aiohttp", "yaml", "mtc.cli.get"} & set(loaded)
