"""Shows what there is: the objects of all clusters of the toolkit, as tables, trees, descriptions and logs. Reads only.

The host cluster is the person's own; the others are reached through the MigClusters, so that one login is enough. Nothing
in here prints: functions return text or data, and the command line puts them where they belong.
"""
