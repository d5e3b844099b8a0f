"""Weights of the networks: which there are, where they come from, and how they are brought here."""
