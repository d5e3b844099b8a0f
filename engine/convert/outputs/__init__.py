"""What a conversion is written as, one family of writers a file."""
