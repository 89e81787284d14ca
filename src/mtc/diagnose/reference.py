"""`python -m mtc.diagnose.reference [--check] DIR` writes the page of causes, or tells whether it differs."""

import sys
from collections.abc import Mapping

from mtc.api.generated import Generated
from mtc.diagnose import finding, rules

_GROUPS = (
    (finding.CLUSTER - 10, "Clusters, tokens, rights"),
    (finding.STORAGE - 1, "Object storage and Backups in it"),
    (finding.TOOLKIT - 1, "Nodes, and the processes of the toolkit"),
    (finding.VOLUME, "Volume data, hooks, stopping the application"),
    (finding.APPLICATION - 4, "Pods and claims"),
    (finding.OBJECT, "Objects that the target refuses"),
    (finding.DECLARATION, "Declarations, and the course of a migration"),
)
_HEAD = """\
<!-- Written by `make reference` from src/mtc/diagnose/rules: change the rules, not this page. -->

# Causes that `mtc explain` finds

One file in `src/mtc/diagnose/rules` is one cause. They are listed in the order in which they are shown: what lies deeper comes first,
because the others often follow from it. `mtc explain CAUSE` shows an entry of this page. How to use it:
[../how-to/explain.md](../how-to/explain.md).
"""


def _files() -> Mapping[str, str]:
    parts = [_HEAD]
    starts = [start for start, _title in _GROUPS]
    for number, (start, title) in enumerate(_GROUPS):
        end = starts[number + 1] if number + 1 < len(starts) else sys.maxsize
        rows = [f"| `{rule.name}` | {rule.looks_at} | {rule.matches} |" for rule in rules.every() if start <= rule.rank < end]
        parts.append(f"\n## {title}\n\n| cause | looks at | when |\n|---|---|---|\n" + "\n".join(rows) + "\n")
    return {"causes.md": "".join(parts)}


GENERATED = Generated(module="mtc.diagnose.reference", what="the page of causes", files=_files)

if __name__ == "__main__":
    sys.exit(GENERATED.main())
