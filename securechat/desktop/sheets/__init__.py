"""Cards over the window for one matter each: settings, password, sessions, protection, export, help."""
