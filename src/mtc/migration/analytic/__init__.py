"""What a plan would migrate, in figures: objects by kind, images, volumes and how full they are.

`counts`, `images` and `volumes` read one namespace of the source each, `usage` measures volumes in the pods of node agents, and
`figures` puts the numbers into the form of the status. Nothing here writes.
"""
