"""Calls the API as a program with a token would."""

import json

from django.test import Client


class Api:
    """A program with one token."""

    def __init__(self, person):
        self.headers = {"Authorization": f"Bearer {person.token}"}

    def __call__(self, method, path, body=None, **headers):
        client = Client(headers={**self.headers, **headers})
        data = "" if body is None else json.dumps(body)
        return client.generic(method, f"/api{path}", data, content_type="application/json")


def links(answer):
    """The Link header as {relation: path after /api}."""
    found = {}
    for part in answer.headers.get("Link", "").split(", "):
        if part:
            address, relation = part.split("; ")
            found[relation.split('"')[1]] = address.strip("<>").partition("/api")[2]
    return found
