"""Consent before the work, marks on what leaves: the two things that every output passes."""
