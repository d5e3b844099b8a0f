"""What a person sees and decides: the terminal interface and the command line."""
