"""One backup: `lifecycle` steps the CR, `run` does the work, `collect` lists and writes objects, `volumes` has data copied."""
