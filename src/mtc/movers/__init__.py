"""Programs that move bytes: volume data with restic and rsync, images with skopeo.

What lives here: one port and one adapter a file for each sort of data, the way to run a program with progress, deadline and
a clean end, and errors that say what a person can do. What does not: which volume or image is to be moved, and anything
about custom resources. The only folder outside the lab that starts programs.
"""
