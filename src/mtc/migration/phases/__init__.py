"""The phases of a migration, one a file, each with its `PHASE`. Their order is in `itineraries.py`, nothing else is here.

A phase answers with an outcome and may be interrupted and repeated at any instruction: it looks before it acts.
"""
