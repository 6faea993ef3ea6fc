"""What platforms make of a file: small importers, written after the sources that each one names.

They were written from reading, and not run against the platforms. Each takes the state of a
gradebook before the import, and gives the state after it, or raises `Refused`.
"""


class Refused(Exception):
    """The platform takes nothing of the file."""
