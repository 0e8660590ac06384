"""Small programs that use the client library and nothing else of this project."""
