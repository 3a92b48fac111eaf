"""How much a client of the copilot may send, and one person may have going on.

What comes in is kept in rows and given again by ``connect``, so it is bounded at the door.
"""

LONGEST_ID = 200
LONGEST_TEXT = 20_000
"""Characters that a person says in one run."""
LONGEST_RESULT = 100_000
"""Characters of what one tool of the client's answers."""
LARGEST_INPUT = 300_000
"""Bytes of JSON of a run's input without its messages."""
RUNS_AT_ONCE = 20
"""Runs of one person that may be going on, in all of their threads."""
THREADS_A_DAY = 1000
"""Threads that one person may begin within 24 hours."""
