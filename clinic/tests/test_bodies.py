"""The last piece of an answer and its end."""

from __future__ import annotations

import asyncio

from clinic.bodies import LAST, ending_at_once

START = {"type": "http.response.start", "status": 200, "headers": []}
END = {"type": "http.response.body"}


def piece(body: bytes) -> dict[str, object]:
    return {"type": "http.response.body", "body": body, "more_body": True}


def sent(*messages):
    found = []

    async def run():
        async def send(message):
            found.append(dict(message))

        joined = ending_at_once(send)
        for message in messages:
            await joined(message)

    asyncio.run(run())
    return found


def test_the_last_piece_is_the_end():
    found = sent(START, piece(b"one"), piece(b"two" + LAST), END)
    assert found == [START, piece(b"one"), {"type": "http.response.body", "body": b"two"}]


def test_a_piece_without_the_mark_does_not_wait():
    assert sent(START, piece(b"one")) == [START, piece(b"one")]


def test_nothing_is_lost_when_more_comes_after_the_mark():
    found = sent(piece(b"one" + LAST), piece(b"two"), END)
    assert found == [piece(b"onetwo"), {"type": "http.response.body", "body": b""}]
