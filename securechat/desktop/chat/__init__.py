"""An open chat: its state without a display, what the person can do, and the view around all parts."""
