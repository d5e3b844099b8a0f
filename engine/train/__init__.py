"""Training: one shared encoder and a decoder for each person."""
