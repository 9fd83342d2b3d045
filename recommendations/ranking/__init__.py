"""A learned ranker in plain Python: what training teaches it and what a web process needs of it."""
