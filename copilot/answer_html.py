"""An answer's Markdown as HTML: paragraphs, lists, letters, bold, and links to our own pages."""

from __future__ import annotations

import re

from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token

OURS = re.compile(r"^/(?!/)\S*$")
CITATION = re.compile(r"^/documents/[0-9a-f-]{36}\?field=")

_markdown = MarkdownIt("zero", {"html": False, "breaks": True}).enable(
    ["list", "emphasis", "link", "escape", "newline", "blockquote"]
)
_markdown.validateLink = lambda url: bool(OURS.match(url))  # type: ignore[method-assign]


def answer_html(text: str) -> SafeString:
    """Safe HTML of an answer; whatever is not known stands there as it was written."""
    tokens = _markdown.parse(text)
    for token in tokens:
        for child in token.children or ():
            _mark(child)
    html: str = _markdown.renderer.render(tokens, _markdown.options, {})
    return mark_safe(html)  # noqa: S308 - escaped by the renderer, HTML is switched off


def _mark(token: Token) -> None:
    if token.type == "link_open":
        href = str(token.attrGet("href") or "")
        token.attrSet("class", "cite" if CITATION.match(href) else "inline")
