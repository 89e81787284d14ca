"""The script that holds a restored pod back."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

_HELPER = Path(__file__).resolve().parents[3] / "deploy" / "velero-restore-helper"


def _start(folder: Path, *volumes: str) -> "subprocess.Popen[str]":
    environment = {"PATH": os.environ["PATH"], "MTC_RESTORE_FOLDER": str(folder)}
    return subprocess.Popen([str(_HELPER), "uid", *volumes], env=environment, stdout=subprocess.PIPE, text=True)


def test_ends_when_all_volumes_are_filled(tmp_path: Path) -> None:
    """It waits for the file of each volume of this very restore."""
    (tmp_path / "a.uid").touch()
    (tmp_path / "b.other-uid").touch()
    with _start(tmp_path, "a", "b") as helper:
        assert helper.stdout
        assert helper.stdout.readline() == "waiting for the data of volume a\n"
        assert helper.stdout.readline() == "waiting for the data of volume b\n"
        with pytest.raises(subprocess.TimeoutExpired):
            helper.wait(timeout=0.5)
        (tmp_path / "b.uid").touch()
        assert helper.wait(timeout=10) == 0


def test_ends_at_once_when_the_pod_is_deleted(tmp_path: Path) -> None:
    """The kubelet's request to stop is obeyed."""
    with _start(tmp_path, "a") as helper:
        assert helper.stdout
        helper.stdout.readline()
        helper.send_signal(signal.SIGTERM)
        assert helper.wait(timeout=10) == 143
