"""What the server keeps: credentials in a JSON file, posts and vaults in SQL. Stores bytes, opens nothing."""
