"""Three short pieces of our own, to play where there is nothing else, and what they are made by."""
