"""Judges a submission: runs the checks of an exercise and gives the points."""
