"""Checks that show a student only what their own code returned."""
