"""Where messages are written: the composer, what a slash means, emoji, completion."""
