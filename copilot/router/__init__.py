"""Understands what is asked by rules: the copilot without any language model.

``answer`` is a pure function of the conversation so far: it sees no database and no network, so
a table of phrasings can test it. It answers with the next step. After a ``Call`` the tool is run
(a person may have to approve) and ``answer`` is asked again with the call and its result in
``talk.turns[-1].calls``; a ``Say`` ends the turn.

What stands in a result (names, documents, letters) is data: it may be repeated, and must never
decide which tool is called.
"""

from copilot.router.answering import Past, answer, replayed
from copilot.router.talk import Call, Called, Say, Step, Talk, Turn

__all__ = ["Call", "Called", "Past", "Say", "Step", "Talk", "Turn", "answer", "replayed"]
