"""Explains what went wrong: a set of rules over a collected snapshot. Reads only, and changes nothing.

`collect` reads the clusters once into a `snapshot.Snapshot`; whatever fills one, an archive on disk for instance, can be explained the
same way. `case` finds what a person means in it and what belongs to that. Each module of `rules` is one cause: what it looks at, when
it matches, what it says. A rule is a pure function from a case to findings: it asks no cluster. `report` ranks what all rules found,
so that the cause stands before its consequences, and makes text and data of it, with everything masked that looks like a secret.
Nothing in here prints.
"""
