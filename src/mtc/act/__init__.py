"""What a person does with plans, clusters, storage and the engine: objects that are made or changed, what is said before, and waiting.

Everything is done through custom resources, so that nothing is lost when the person goes away. Nothing here prints or asks: that is
the command line's part. Decisions (manifests, estimates, endings) are pure; the shell around them reads and writes.
"""
