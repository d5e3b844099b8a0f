"""One widget a file; painted through `paint.StripView`, which sends only changed cells."""
