"""Words, dates and small pictures of the portal's pages.

Everything takes codes and plain values and never touches the database, so that a fragment can be
rendered from a dict in a test.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

from django import template
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from clinic.templatetags.bars import Column, draw_columns
from clinic.templatetags.dates import NOTHING, as_date, human_date
from clinic.templatetags.review import Review, build_review
from clinic.templatetags.sparkline import draw_sparkline
from clinic.templatetags.words import (
    FIELD_LABELS,
    FLAGS,
    KINDS,
    PRIORITIES,
    RUN_STEPS,
    SEXES,
    STATUSES,
    Word,
)

register = template.Library()
register.filter("human_date", human_date)


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """A symbol of ``static/icons.svg``; hidden from screen readers unless it has a label."""
    if not label:
        return _plain_icon(name)
    href = f"{static('icons.svg')}#{name}"
    return format_html(
        '<svg class="icon" role="img" aria-label="{}"><use href="{}"></use></svg>', label, href
    )


@cache
def _plain_icon(name: str) -> SafeString:
    """The same few dozen on every page; a board of 360 visits shows 2,000 of them."""
    href = f"{static('icons.svg')}#{name}"
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}"></use></svg>', href)


def _chip(word: Word) -> SafeString:
    return format_html(
        '<span class="chip chip-{}">{}{}</span>', word.tone, icon(word.icon), word.label
    )


@register.simple_tag
def chip(status: str | None) -> SafeString:
    """A status as word, shape and colour; an unknown code is shown as it is, never hidden."""
    if not status:
        return SafeString("")
    code = str(status)
    fallback = Word(code.replace("_", " ").capitalize(), "neutral", "circle")
    return _chip(STATUSES.get(code, fallback))


@register.simple_tag
def priority(code: str | None) -> SafeString:
    """A task's priority as a chip."""
    if not code:
        return SafeString("")
    return _chip(PRIORITIES.get(str(code), Word(str(code), "neutral", "circle")))


@register.simple_tag
def flag(code: Any) -> SafeString:
    """A lab flag in words with an arrow; a mapping of the ``extracted`` contract is accepted."""
    if isinstance(code, Mapping):
        code = code.get("normalized") or code.get("derived") or code.get("raw")
    if not code or str(code).upper() in {"N", "NORMAL"}:
        return SafeString("")
    word = FLAGS.get(str(code).upper(), Word(str(code), "bad", "alert"))
    return format_html('<span class="flag">{}{}</span>', icon(word.icon), word.label)


@register.filter
def undo_of(tags: str | None) -> str:
    """The id of the change that a message's button takes back; nothing for other messages."""
    for tag in str(tags or "").split():
        if tag.startswith("undo-"):
            return tag.removeprefix("undo-")
    return ""


@register.filter
def status_word(status: str | None) -> str:
    """The word of a status without its chip, for sentences and titles."""
    if not status:
        return ""
    code = str(status)
    return STATUSES[code].label if code in STATUSES else code.replace("_", " ").capitalize()


@register.filter
def kind_label(kind: str | None) -> str:
    """The kind of a document in words."""
    if not kind:
        return "Kind unknown"
    return KINDS.get(str(kind), str(kind).replace("_", " ").capitalize())


@register.filter
def step_label(name: str | None) -> str:
    """A step of an agent in words."""
    return RUN_STEPS.get(str(name), str(name or "").replace("_", " ").capitalize())


@register.filter
def field_label(name: str) -> str:
    """What a field of a paper is called: claim.denial_code is Denial code."""
    return FIELD_LABELS.get(name, name)


@register.filter
def sex_word(sex: str | None) -> str:
    """Sex in words; unknown is said, not left blank."""
    return SEXES.get(str(sex or "unknown").lower(), str(sex))


@register.filter
def human_datetime(value: Any) -> str:
    """14 Jul 2026, 09:30 in the active time zone."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return NOTHING
    if not isinstance(value, datetime):
        return human_date(value)
    local = timezone.localtime(value) if timezone.is_aware(value) else value
    return f"{human_date(local)}, {local:%H:%M}"


@register.filter
def ago(value: Any) -> str:
    """How long since a moment: just now, 5 min ago, 3 h ago, 2 days ago, then the date."""
    if not isinstance(value, datetime):
        return human_date(value)
    now = timezone.now() if timezone.is_aware(value) else datetime.now()
    minutes = int((now - value).total_seconds() // 60)
    if minutes < 1:
        return "just now"
    if minutes < 7 * 24 * 60:
        return f"{waiting(minutes)} ago"
    return human_date(value)


@register.filter
def iso(value: Any) -> str:
    """The machine-readable form for a ``<time datetime>``."""
    return value.isoformat() if isinstance(value, (date, datetime)) else str(value or "")


@register.filter
def age(born: Any) -> str:
    """Age today in words: 81 y, 14 mo for small children, 9 d for newborns."""
    day = as_date(born)
    if day is None:
        return "age unknown"
    today = timezone.localdate()
    if day > today:
        return "age unknown"
    years = today.year - day.year - ((today.month, today.day) < (day.month, day.day))
    if years >= 2:
        return f"{years} y"
    months = (today.year - day.year) * 12 + today.month - day.month - (today.day < day.day)
    return f"{months} mo" if months >= 1 else f"{(today - day).days} d"


@register.filter
def waiting(minutes: Any) -> str:
    """A length of time in its largest unit and a half: 12 min, 3 h 20 min, 2 d 4 h, 9 days."""
    if minutes is None or minutes == "":
        return ""
    total = max(0, int(minutes))
    if total < 60:
        return f"{total} min"
    hours, rest = divmod(total, 60)
    if hours < 24:
        return f"{hours} h {rest} min" if rest and hours < 10 else f"{hours} h"
    days, hours = divmod(hours, 24)
    if days < 3:
        return f"{days} d {hours} h" if hours else f"{days} d"
    return f"{days} days"


@register.filter
def money(cents: int | None) -> str:
    """Integer cents as dollars: 250000 is $2,500.00."""
    if cents is None:
        return NOTHING
    amount = Decimal(cents) / 100
    return f"-${-amount:,.2f}" if amount < 0 else f"${amount:,.2f}"


@register.filter
def days_over(days: int) -> str:
    """How long a deadline has passed: -1 is 1 day, -12 is 12 days."""
    return "1 day" if days == -1 else f"{-days} days"


@register.filter
def file_size(size: int | None) -> str:
    """A file's size as people say it: 824 KB, 3.1 MB."""
    if size is None:
        return NOTHING
    if size < 1024:
        return f"{size} B"
    if size < 1024 * 1024:
        return f"{round(size / 1024)} KB"
    return f"{size / 1024 / 1024:.1f} MB"


@register.filter
def initials(name: str | None) -> str:
    """At most two letters for an avatar; works for single names and any script."""
    parts = [part for part in str(name or "").replace("@", " ").split() if part[0].isalnum()]
    if not parts:
        return "?"
    return (parts[0][0] + (parts[-1][0] if len(parts) > 1 else "")).upper()


@register.filter
def percent(value: float | None) -> str:
    """0.934 as 93 %; rounded down so that 0.899 never looks like the threshold."""
    return NOTHING if value is None else f"{int(value * 100 + 1e-9)} %"


@register.filter
def confidence_word(value: float | None) -> str:
    """Sure from 0.9 (filed without a person), Check from 0.6, else Doubtful."""
    return {"sure": "Sure", "check": "Check", "doubtful": "Doubtful", "none": "Not read"}[
        confidence_level(value)
    ]


@register.filter
def confidence_level(value: float | None) -> str:
    """The class suffix behind :func:`confidence_word`."""
    if value is None:
        return "none"
    if value >= 0.9:
        return "sure"
    return "check" if value >= 0.6 else "doubtful"


@register.simple_tag
def confidence(value: float | None) -> SafeString:
    """Confidence as shape, word and number; the shapes differ without colour."""
    level = confidence_level(value)
    return format_html(
        '<span class="conf conf-{}">{}<span>{}</span><span class="num">{}</span></span>',
        level,
        icon(f"conf-{level}"),
        confidence_word(value),
        percent(value) if value is not None else "",
    )


@register.simple_tag
def review_groups(
    extracted: Mapping[str, Any] | None,
    pages: Iterable[Any] = (),
    editable: bool = True,
    posted: Mapping[str, str] | None = None,
    selected: str | None = None,
) -> Review:
    """The fields of a document in the order a person checks them; see ``review.py``."""
    return build_review(
        extracted or {}, list(pages), editable=editable, posted=posted, selected=selected or ""
    )


@register.simple_tag
def page_boxes(review: Review, number: int) -> list[Any]:
    """The fields that have a box on one page."""
    return review.on_page(int(number))


@register.simple_tag
def sparkline(
    points: Iterable[Any], low: float | None = None, high: float | None = None, label: str = ""
) -> SafeString:
    """A lab trend as inline SVG; the same numbers stand in the table beside it."""
    return mark_safe(draw_sparkline(list(points), low, high, label))  # noqa: S308 - escaped inside


@register.simple_tag
def money_columns(columns: Sequence[Column], title: str) -> SafeString:
    """Stacked columns of cents as inline SVG; the same numbers stand in the table under them."""
    return mark_safe(draw_columns(columns, title, _round_money))  # noqa: S308 - escaped inside


@register.filter("money_round")
def _round_money(cents: int) -> str:
    """Integer cents as whole dollars, for charts and their tables."""
    return f"${cents / 100:,.0f}"


@register.filter
def highlight(text: Any, query: str | None) -> SafeString:
    """Marks the first place where each word of the query occurs, without case."""
    source = str(text or "")
    lowered = source.lower()
    spans: list[tuple[int, int]] = []
    for word in str(query or "").lower().split():
        at = lowered.find(word)
        if at >= 0 and all(at + len(word) <= a or at >= b for a, b in spans):
            spans.append((at, at + len(word)))
    if len(lowered) != len(source):
        spans = []
    out, done = SafeString(""), 0
    for start, end in sorted(spans):
        out += format_html("{}<mark>{}</mark>", source[done:start], source[start:end])
        done = end
    return out + format_html("{}", source[done:])


@register.filter
def unlocalized(number: float) -> str:
    """A number for an SVG attribute: a point as decimal sign whatever the locale."""
    return f"{number:.2f}".rstrip("0").rstrip(".")


@register.filter
def split_words(text: str) -> list[str]:
    """The words of a literal, so that a template can loop over them."""
    return text.split()
