"""Several algorithms as one: candidates from all of them, features of each candidate, and what ranks them."""
