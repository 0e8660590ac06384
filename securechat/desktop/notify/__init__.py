"""What reaches a person who looks elsewhere."""
