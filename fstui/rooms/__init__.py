"""Rooms: one screen a file."""
