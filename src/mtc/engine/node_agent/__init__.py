"""The node agent's work: volume data of pods on one node, out of their folders and back into them.

What lives here: where a pod's volume is on the node (`paths`), which pods the node runs and whether they wait for data
(`pods`), the life of a PodVolumeBackup (`backups`) and of a PodVolumeRestore (`restores`). Nothing is remembered outside the
custom resources: what was InProgress when the agent was killed is simply done again.
"""
