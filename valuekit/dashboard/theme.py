"""Colour: one meaning each, the same on every page, readable on light and dark, told apart by colour-blind eyes.

The hues follow Okabe and Ito (2008). Each is shaded to a luminance that stands out from a white and from a
near-black page alike, so a chart needs one palette only.
"""

from collections.abc import Iterable, Mapping

import altair as alt

BLUE, SKY, GREEN, ORANGE, RED = "#0072B2", "#3A96CC", "#008165", "#B68A13", "#B4490A"
PINK, VIOLET, BROWN, GREY, SLATE = "#C072A6", "#836CCB", "#A48359", "#7C858F", "#5E6E84"

ACCENT = BLUE
QUIET = GREY
GAIN, LOSS = BLUE, RED

PAGE = {"light": "#FFFFFF", "dark": "#10161D"}
INK = {"light": "#18222E", "dark": "#E8EDF2"}
NAMES = {"light": "#4A5867", "dark": "#B3BECA"}
FAINT = {"light": "#DFE4EA", "dark": "#2B3744"}

SPAN = {"light": SKY, "dark": "#3076A0"}
"""The line of an interval: it stands out from the page, and the value, in ink, from it."""

STAGES = {
    "active": BLUE,
    "inactive": SKY,
    "prospect": GREEN,
    "signed_unpaid": ORANGE,
    "lapsed_paying": PINK,
    "churned": RED,
    "paid_without_contract": VIOLET,
    "contact": GREY,
    "served": BROWN,
    "supplier": SLATE,
    "internal": SLATE,
}
STREAMS = {
    "revenue": BLUE,
    "refunds": SKY,
    "cost_of_goods": GREY,
    "marketing": PINK,
    "acquisition": PINK,
    "retention": GREEN,
    "sales": ORANGE,
    "support": RED,
    "incentives": VIOLET,
    "other": BROWN,
    "general": SLATE,
    "advocacy": GREEN,
    "innovation": BROWN,
}
"""Lines of the cash statement and streams of the value cube: what has one name has one colour."""

MOVEMENTS = {
    "new": BLUE,
    "new_business": BLUE,
    "expansion": SKY,
    "reactivated": GREEN,
    "reactivation": GREEN,
    "contraction": PINK,
    "churned": RED,
    "churn": RED,
    "fx": GREY,
}
PAYING = {"paying_and_using": BLUE, "paying_only": ORANGE, "using_only": GREEN, "payment": BLUE, "usage": ORANGE}

EXECUTIVES = {"CCO": RED, "CPO": GREEN, "CMO": PINK, "CRO": ORANGE, "CFO": BLUE, "CEO": VIOLET}

DIVERGING = {
    "light": [RED, "#F0B48F", "#EEF1F4", "#86BBDC", BLUE],
    "dark": [RED, "#83431D", "#1E2833", "#1C567B", BLUE],
}
"""For values around zero: below, at, above."""

SEQUENTIAL = {"light": ["#EDF4FA", "#8DBFE0", BLUE], "dark": ["#1A2733", "#1C567B", BLUE]}
"""For values from zero up."""


def scale(colours: Mapping[str, str], keys: Iterable[str], names: Mapping[str, str]) -> alt.Scale:
    """Return the colour scale of the given keys, in their order, for data that hold the keys' names for people."""
    used = list(dict.fromkeys(keys))
    return alt.Scale(domain=[names.get(k, k) for k in used], range=[colours.get(k, QUIET) for k in used])


def luminance(colour: str) -> float:
    """Return the relative luminance of a #RRGGBB colour (WCAG 2.2).

    >>> luminance("#FFFFFF"), luminance("#000000")
    (1.0, 0.0)
    """
    channels = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    linear = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return round(sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True)), 6)


def contrast(first: str, second: str) -> float:
    """Return the contrast ratio of two colours, 1 to 21 (WCAG 2.2).

    >>> contrast("#FFFFFF", "#000000")
    21.0
    """
    low, high = sorted((luminance(first), luminance(second)))
    return round((high + 0.05) / (low + 0.05), 2)
