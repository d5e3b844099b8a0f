"""Footage in and out: probing, reading, writing (PyAV)."""
