"""Audited, versioned changes of the settings' entries: what they change, which are active, and how they are decided."""
