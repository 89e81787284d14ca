"""Failures of pods, volumes and processes."""
