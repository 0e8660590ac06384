"""The form that leads into a chat, and fields to fill in."""
