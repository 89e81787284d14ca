"""Runs the benchmarks and prints a table; a JSON file beside it for machines. Exit code 1 when a goal is missed.

`python -m bench` runs all, `python -m bench engine` (or `plans`, `look`, `cutovers`, `shop`) one of them.
"""

import asyncio
import compileall
import json
import sys
from dataclasses import asdict
from pathlib import Path

import mtc
from bench import cutovers, engine, look, plans, shop

PARTS = {"engine": engine.figures, "plans": plans.figures, "look": look.figures, "cutovers": cutovers.figures, "shop": shop.figures}


async def main(chosen: list[str]) -> int:
    """The exit code."""
    # As pip leaves what it installs, whatever PYTHONDONTWRITEBYTECODE says.
    compileall.compile_dir(Path(mtc.__file__).parent, quiet=1)
    found = [figure for name in chosen or PARTS for figure in await PARTS[name]()]
    print(f"{'figure':<48} {'value':>8}  {'goal':<8} {'':<5} detail")
    for figure in found:
        print(f"{figure.name:<48} {figure.value:>8.2f}  {figure.goal:<8} {'ok' if figure.met else 'MISS':<5} {figure.detail}")
    Path("bench-result.json").write_text(json.dumps([asdict(figure) for figure in found], indent=2) + "\n")
    return 0 if all(figure.met for figure in found) else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1:])))
