"""Identity networks: one a file."""
