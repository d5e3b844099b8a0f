"""How fast each stage is against this machine's own rates; `run.py bench STAGE` runs one."""
