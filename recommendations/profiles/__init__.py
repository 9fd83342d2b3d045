"""What we believe about a visitor: value, rhythm and taste, from the events."""
