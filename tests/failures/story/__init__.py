"""Failures that need no pods."""
