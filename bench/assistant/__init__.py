"""The assistant's figures: how soon it answers, what it needs, and whether its account is true."""
