"""Algorithms that turn interactions and a catalogue into ranked lists. No Django here."""
