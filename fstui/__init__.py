"""What a person sees and decides: the terminal interface, the command line, the watch folders."""
