"""What the interface knows, without Textual: jobs, tails, series, media, overview."""
