"""Halley and other bots side by side: what one signed slash command costs, cold and warm."""
