"""Finding, describing and cropping faces."""
