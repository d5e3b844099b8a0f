"""How good a finished swap is: figures of its decoded frames against the source's, and a page."""
