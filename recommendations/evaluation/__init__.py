"""How good lists are: splits, metrics, and an evaluation that serves lists as the shop does. No Django
here."""
