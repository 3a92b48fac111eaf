"""Identifiers that sort by time, so that indexes grow at one end."""

from __future__ import annotations

import os
import time
from uuid import UUID


def uuid7() -> UUID:
    """A version 7 UUID: 48 bits of Unix milliseconds, then random (RFC 9562, section 5.7)."""
    milliseconds = time.time_ns() // 1_000_000
    number = (milliseconds << 80) | int.from_bytes(os.urandom(10))
    number &= ~(0xF << 76) & ~(0x3 << 62)
    return UUID(int=number | (0x7 << 76) | (0x2 << 62))
