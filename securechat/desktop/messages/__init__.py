"""The message list: from a message to rows of text pieces (pure), and the one text widget that draws them."""
