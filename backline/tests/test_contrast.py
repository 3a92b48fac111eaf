"""The contrast of every pair of colours used together, computed from the tokens, in both themes."""

import re
from pathlib import Path

import pytest

STATIC = Path(__file__).resolve().parents[2] / "static"
TOKENS = (STATIC / "css" / "tokens.css").read_text()
THEMES = ("light", "dark")
GROUNDS = ("bg", "surface", "surface-2", "surface-3")

# Text on what it stands on: at least 4.5 (WCAG 1.4.3).
TEXT = [
    *((text, ground) for text in ("text", "text-2", "text-3", "accent-text") for ground in GROUNDS),
    *((tone, ground) for tone in ("ok", "warn", "bad", "info") for ground in ("bg", "surface")),
    *((tone, f"{tone}-soft") for tone in ("ok", "warn", "bad", "info")),
    *(("text", f"{tone}-soft") for tone in ("ok", "warn", "bad", "info", "accent", "neutral")),
    ("accent-text", "accent-soft"),
    ("text-2", "neutral-soft"),
    ("text-on-accent", "accent"),
    ("text-on-accent", "accent-hover"),
    ("text", "mark"),
]
# Borders of controls, the ring of focus, icons: at least 3 (WCAG 1.4.11).
CONTROLS = [
    *(("control", ground) for ground in ("bg", "surface", "surface-2")),
    *(("brand", ground) for ground in GROUNDS),
    *((tone, ground) for tone in ("ok", "warn", "bad", "info") for ground in GROUNDS),
]


def colour(token: str, theme: str) -> tuple[int, int, int]:
    """Red, green and blue of a token in a theme."""
    found = re.search(rf"--{token}:\s*([^;]+);", TOKENS)
    assert found, f"no token --{token}"
    value = found.group(1)
    both = re.fullmatch(r"light-dark\((#\w{6}), (#\w{6})\)", value)
    chosen = both.group(1 + THEMES.index(theme)) if both else value
    assert re.fullmatch(r"#[0-9a-f]{6}", chosen), (token, value)
    return tuple(int(chosen[at : at + 2], 16) for at in (1, 3, 5))


def luminance(rgb: tuple[int, int, int]) -> float:
    parts = [part / 255 for part in rgb]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def ratio(front: str, back: str, theme: str) -> float:
    high, low = sorted((luminance(colour(one, theme)) for one in (front, back)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_the_formula_knows_black_on_white():
    assert round((luminance((255, 255, 255)) + 0.05) / (luminance((0, 0, 0)) + 0.05), 1) == 21.0


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("pairs", "least"), [(TEXT, 4.5), (CONTROLS, 3.0)])
def test_every_pair_has_enough_contrast(theme, pairs, least):
    low = {pair: round(ratio(*pair, theme), 2) for pair in pairs if ratio(*pair, theme) < least}
    assert low == {}


def test_every_colour_is_in_a_pair_or_is_no_bearer_of_meaning():
    decoration = re.compile(r"(line|shade|shadow|box|hover)")
    named = set(re.findall(r"--([\w-]+):\s*(?:light-dark\(#|#)", TOKENS))
    used = {token for pair in (*TEXT, *CONTROLS) for token in pair}
    assert {token for token in named - used if not decoration.search(token)} == set()


def test_the_styleguide_shows_the_same_pairs_or_fewer():
    script = (STATIC / "js" / "styleguide.js").read_text()
    shown = set(re.findall(r'\["([\w-]+)", "([\w-]+)"\]', script))
    assert shown
    assert shown - {*TEXT, *CONTROLS} == set()


def test_no_colour_stands_outside_of_the_tokens():
    """In the portal's sheets; paper, pages shown as pictures and the operators' site are others."""
    allowed = re.compile(r"#fff|#000|rgb\(255 255 255|rgb\(12 12 20|rgb\(139 92 246")
    outside = []
    for name in ("base.css", "components.css"):
        for number, line in enumerate((STATIC / "css" / name).read_text().splitlines(), 1):
            colours = re.findall(r"#[0-9a-fA-F]{3,8}\b|rgba?\([^)]*", line)
            outside += [(name, number, one) for one in colours if not allowed.match(one)]
    assert outside == []
