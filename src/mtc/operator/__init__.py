"""Which CR wakes which runner. Glue only: decisions live in `engine` and `migration`.

`loop.Loop` is the one mechanism: a watch fills a queue of object names, workers step them one at a time per object. See
docs/decisions/0001 for why it is not kopf.
"""
