"""The cells of the board of a day, written without a template: a large clinic has 2,000 of them."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django import template
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString

from clinic.templatetags.backline_tags import icon

if TYPE_CHECKING:
    from backline.pages.board import Cell

register = template.Library()
ICONS = {"ok": "check-circle", "bad": "x-circle", "warn": "clock", "unknown": "minus-circle"}
ASKED = UUID(int=0)
"""Stands for the patient in the form that every visit without a consent repeats."""


@register.simple_tag
def board_cells(visit: dict[str, Any], ask: str = "") -> SafeString:
    """The table cells of a visit: its ``cells``, ``patient_id`` and ``patient_name``.

    ``ask`` is the form that asks for a consent, written once for the patient ASKED; without it
    nobody is asked.
    """
    name = escape(visit["patient_name"])
    asked = ask.replace(str(ASKED), str(visit["patient_id"])) if ask else ""
    return SafeString("".join(_cell(cell, name, asked) for cell in visit["cells"]))


def _cell(cell: Cell, name: SafeString, ask: str) -> str:
    said: str = _said(cell.label, cell.state, cell.words)
    if cell.url:
        done = f'<a class="button button-small" href="{escape(cell.url)}">{escape(cell.action)}'
        said += f'{done}<span class="sr"> for {name}</span></a>'
    elif cell.action and ask:
        opened = f'<summary class="button button-small">{icon("consent")}{escape(cell.action)}'
        said += f'<details class="confirm">{opened}<span class="sr"> by {name}</span></summary>'
        said += f"{ask}</details>"
    return f"{said}</div></td>"


@lru_cache(maxsize=1000)
def _said(label: str, state: str, words: str) -> SafeString:
    """The beginning of a cell; most visits of a day have the same few."""
    return format_html(
        '<td class="cell-{}" data-label="{}"><div class="cell">'
        '<span class="cell-state">{}{}</span>',
        state,
        label,
        icon(ICONS[state]),
        words,
    )
