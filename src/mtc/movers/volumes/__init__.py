"""Movers of volume data: the port, and one adapter a file. An adapter knows folders and repositories, nothing of pods."""
