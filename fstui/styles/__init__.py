"""Style sheets of the interface."""
