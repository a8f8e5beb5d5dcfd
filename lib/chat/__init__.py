"""Conversation: what is asked of a model, and how its answer becomes messages."""
