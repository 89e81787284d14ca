"""Benchmarks: each figure is a ratio against a plain peer, or a limit, in the same run. `make bench`."""
