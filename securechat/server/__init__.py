"""The server: sessions, accounts, lobby, delivery and what they keep on disk. Never imports the client."""
