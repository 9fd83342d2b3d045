"""The one door in: model signals, Python calls and HTTP all end in `tracking.recording`."""
