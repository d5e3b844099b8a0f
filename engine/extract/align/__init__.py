"""Aligners: one network a file."""
