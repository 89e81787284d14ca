"""The proof: what arrived on the target, compared with what was saved on the source.

What lives here: asking node agents about volumes (`volumes`), the objects of the initial Backup beside those of the target
(`objects`), which differences count (`rules`, `differ`), and what the result means (`verdict`). The phases that run it are
VolumesProved and ObjectsProved. Nothing on either cluster is changed, apart from requests to node agents.
"""
