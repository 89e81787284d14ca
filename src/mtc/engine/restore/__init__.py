"""One restore: `lifecycle` steps the CR, `run` goes through the archive in tiers, `items` restores one object."""
