"""How long a test waits, in seconds, before it gives up.

On an idle machine everything that tests wait for comes at once, and under a load of 20 on two cores
it comes far sooner than this.
"""

PATIENCE = 3000.0
