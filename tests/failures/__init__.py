"""Failures, one a file, each with what `mtc explain` has to say about it: `story` on API servers with controller and engines, `lab` with pods.

A file has `FAILURE`; the folders are scanned by tests/story/test_failures.py and tests/system/test_failures.py.
"""
