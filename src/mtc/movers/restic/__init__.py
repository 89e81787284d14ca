"""What the restic mover knows about restic's own side: how to get into a repository, and what its output means."""
