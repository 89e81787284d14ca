"""Logging (and later metrics and traces) for every layer. Imports nothing of the toolkit but `errors`."""
