"""The settings of an installation: every key, its type, its default, what it means, and how it is read.

`model` lists the keys, `values` says what can stand under them, `read` joins what stands in several places. Here is no I/O: whoever has a MigrationController, a ConfigMap or an environment hands in its values. Every
layer may import this package.
"""
