"""The demo: a shop with data is migrated between the two clusters of the lab, and then proved to be the same.

What lives here: the steps of the demo, what they print, and the proofs (rows, files, objects). What does not: anything of a
migration itself. The demo does only what a person could do with kubectl: it applies custom resources and looks at what becomes
of them. The shop is in `lab/apps/shop`. Called by `mtc demo`.
"""
