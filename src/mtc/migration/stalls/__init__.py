"""The watchdog: what keeps a migration whose wait has been quiet for a while, and which command comes next.

`causes/` has one file for each cause, with a `CAUSE`; the folder is scanned. A cause looks at the objects that the phase waits
for and at what stands behind them (the node agent of a node, the events of a Job), and only once nothing has moved for the quiet
time, so that a migration that goes on costs nothing. What is found becomes the condition `Stalled`; nothing is decided by it.
"""
