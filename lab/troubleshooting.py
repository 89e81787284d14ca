"""Writes the output of commands anew into docs/troubleshooting, from a lab in which migrations have run: `python lab/troubleshooting.py LAB`.

A page has `<!-- run CLUSTER: COMMAND -->` before each block of output; CLUSTER is host or source. The command is carried out, and the
block is replaced by it and what it printed. `{done}`, `{failed}`, `{stage-backup}` and so on stand for names that the lab has: see `_names`.
Blocks about a failure stay as they are when nothing has failed in the lab. Commands only read.
"""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

from mtc.gather.redact import Redactor
from mtc.gather.secrets import Values

_FOLDER = Path(__file__).parent.parent / "docs" / "troubleshooting"
_BLOCK = re.compile(r"(<!-- run (?P<cluster>host|source)(?: (?P<lines>\d+) lines)?: (?P<command>.+?) -->\n\n)```text\n.*?```\n", re.DOTALL)
_SPACE = "openshift-migration"


def main(lab: str) -> int:
    """The exit code."""
    told = subprocess.run([_program("mtc"), "lab", "env", "--name", lab], capture_output=True, text=True, check=True).stdout
    values = dict(re.findall(r"^export (\w+)=(.*)$", told, re.MULTILINE))
    known = _names(values)
    for page in sorted(_FOLDER.glob("*.md")):
        text = page.read_text()
        page.write_text(_BLOCK.sub(lambda match: _block(match, values, known), text))
        print(page)
    return 0


def _names(values: dict[str, str]) -> dict[str, str]:
    """Names of a migration that has succeeded with a volume and of one that has failed, and of what was made for them."""
    runs = _list(values, "host", "migmigrations")
    runs.sort(key=lambda item: item["metadata"]["creationTimestamp"])
    found: dict[str, str] = {}
    for run in runs:
        types = {entry["type"] for entry in (run.get("status") or {}).get("conditions") or []}
        uid = run["metadata"]["uid"]
        if "Succeeded" in types and not run["spec"].get("stage") and _made(values, "source", "podvolumebackups", uid, "backups"):
            found["done"] = run["metadata"]["name"]
            found["plan"] = run["spec"]["migPlanRef"]["name"]
            for kind, role in (("backups", "initial"), ("backups", "stage"), ("restores", "stage"), ("restores", "final")):
                cluster = "source" if kind == "backups" else "host"
                label = f"migration-{role}-{kind[:-1]}"
                found[label.removeprefix("migration-")] = _first(values, cluster, kind, f"{label}={uid}")
            found["pvb"] = _made(values, "source", "podvolumebackups", uid, "backups")
            found["pvr"] = _made(values, "host", "podvolumerestores", uid, "restores")
        if "Failed" in types:
            found["failed"] = run["metadata"]["name"]
            found["failed-plan"] = run["spec"]["migPlanRef"]["name"]
            namespaces = _list(values, "host", f"migplan/{found['failed-plan']}", whole=True)["spec"]["namespaces"]
            found["failed-namespace"] = namespaces[0].split(":")[0]
    return found


def _made(values: dict[str, str], cluster: str, kind: str, uid: str, owners: str) -> str:
    role = "migration-stage-backup" if owners == "backups" else "migration-stage-restore"
    owner = _first(values, cluster, owners, f"{role}={uid}")
    return _first(values, cluster, kind, f"velero.io/{owners[:-1]}-name={owner}") if owner else ""


def _first(values: dict[str, str], cluster: str, kind: str, selector: str) -> str:
    items = _list(values, cluster, kind, "-l", selector)
    return items[0]["metadata"]["name"] if items else ""


def _list(values: dict[str, str], cluster: str, kind: str, *more: str, whole: bool = False):
    argv = [values["MTC_LAB_KUBECTL"], "--kubeconfig", _kubeconfig(values, cluster), "-n", _SPACE, "get", kind, "-o", "json", *more]
    answer = json.loads(subprocess.run(argv, capture_output=True, check=True).stdout)
    return answer if whole else answer["items"]


def _block(match: re.Match[str], values: dict[str, str], known: dict[str, str]) -> str:
    command = match["command"]
    wanted = set(re.findall(r"\{([a-z-]+)\}", command))
    if not wanted <= known.keys():
        return match[0]
    for name in wanted:
        command = command.replace(f"{{{name}}}", known[name])
    words = shlex.split(command)
    programs = {"kubectl": values["MTC_LAB_KUBECTL"], "mtc": _program("mtc")}
    argv = [programs[words[0]], *words[1:], "--kubeconfig", _kubeconfig(values, match["cluster"])]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, env={**os.environ, "NO_COLOR": "1", "LANG": "C.UTF-8"})
    lines = [line.rstrip() for line in (done.stdout or done.stderr).replace("\t", "    ").splitlines()]
    most = int(match["lines"] or 0)
    if most and len(lines) > most:
        lines = [*lines[:most], "..."]
    shown = Redactor(Values()).text("\n".join(lines))
    return f"{match[1]}```text\n$ {command}\n{shown}\n```\n"


def _kubeconfig(values: dict[str, str], cluster: str) -> str:
    return values["MTC_LAB_TARGET_KUBECONFIG" if cluster == "host" else "MTC_LAB_SOURCE_KUBECONFIG"]


def _program(name: str) -> str:
    return str(Path(sys.executable).with_name(name))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "default"))
