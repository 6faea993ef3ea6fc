"""The command line: each command parses, calls and renders.

Commands import slow modules inside their functions, after they have started the zygote: it imports
torch in the meantime.
"""
