"""How long a test waits for what comes at once on an idle machine.

Only what will never come takes so long: under a load of 20 on two cores everything else is faster.
"""

PATIENCE = 3000.0
