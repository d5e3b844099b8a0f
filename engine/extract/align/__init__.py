"""Aligners: one network a file, each with a class `Aligner(presence)` to call on a detection."""
