"""A dry run: what a migration would do, found out without a write to an application.

What lives here: one part of the result a file (objects, volumes, estimate, conflicts), and the ConfigMap that holds the full
list. What is asked of the clusters is what the phases and the engine would ask; nothing is decided here a second time.
"""
