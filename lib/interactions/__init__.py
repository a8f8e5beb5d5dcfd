"""Discord's interaction protocol, free of any web framework: bytes in, an answer out."""
