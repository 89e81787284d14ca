"""`python -m mtc.api.reference [--check] DIR` writes the reference pages, or tells which differ."""

import argparse
import sys
from pathlib import Path

from mtc.api import reference


def main(arguments: list[str] | None = None) -> int:
    """Write or check the pages; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m mtc.api.reference", description="Write the reference pages.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 when a page differs")
    parser.add_argument("folder", type=Path, help="where the pages are")
    options = parser.parse_args(arguments)
    if not options.check:
        reference.write(options.folder)
        return 0
    names = reference.differing(options.folder)
    for name in names:
        sys.stderr.write(f"{options.folder / name} is not what the code says: run `make reference`\n")
    return 1 if names else 0


if __name__ == "__main__":
    sys.exit(main())
