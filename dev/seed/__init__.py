"""A month of an invented bot's life, for looking at the dashboard without a bot of one's own."""
