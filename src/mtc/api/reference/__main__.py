"""`python -m mtc.api.reference [--check] DIR` writes the reference pages, or tells which differ."""

import sys

from mtc.api import reference

if __name__ == "__main__":
    sys.exit(reference.GENERATED.main())
