"""The command line: each command parses, calls and renders.

What is slow to import is imported inside the commands, after the zygote has been started: it
imports torch meanwhile.
"""
