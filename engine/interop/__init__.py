"""Alignments and faces of other programs: read without running anything, and written."""
