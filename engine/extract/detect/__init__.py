"""Detectors: one network a file."""
