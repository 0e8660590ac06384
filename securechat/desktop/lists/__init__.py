"""Conversations and people: the sidebar and the jump list."""
