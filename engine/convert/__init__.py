"""The converted footage: aligned crop, prediction, colour, mask, composite, video, report."""
