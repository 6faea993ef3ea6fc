"""Checks whose expected values a student may see."""
