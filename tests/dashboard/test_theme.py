"""Colours stand out from both backgrounds, and from each other for colour-blind eyes."""

from itertools import combinations

import numpy as np
import pytest

from valuekit.dashboard import theme, words
from valuekit.tables import CANONICAL
from valuekit.tables.published import CASH_LINES, STAGES, STREAMS

SERIES = {**theme.STAGES, **theme.STREAMS, **theme.EXECUTIVES}

# Machado, Oliveira and Fernandes (2009), severity 1.0, on linear RGB
DEFICIENCIES = {
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
}


def linear(colour: str) -> np.ndarray:
    channels = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def lab(rgb: np.ndarray) -> np.ndarray:
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]) @ np.clip(rgb, 0, 1)
    f = np.cbrt(xyz / np.array([0.9505, 1.0, 1.089]))
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("base", ["light", "dark"])
@pytest.mark.parametrize("key", SERIES)
def test_every_colour_stands_out_from_the_page(key: str, base: str) -> None:
    assert theme.contrast(SERIES[key], theme.PAGE[base]) >= 3  # WCAG 2.2, 1.4.11, graphical objects


@pytest.mark.parametrize("base", ["light", "dark"])
def test_text_is_readable(base: str) -> None:
    assert theme.contrast(theme.INK[base], theme.PAGE[base]) >= 7
    for colour in (theme.SEQUENTIAL[base][0], theme.DIVERGING[base][2]):
        assert theme.contrast(theme.INK[base], colour) >= 4.5


@pytest.mark.parametrize("base", ["light", "dark"])
def test_an_interval_stands_out_from_the_page_and_its_value_from_the_interval(base: str) -> None:
    assert theme.contrast(theme.SPAN[base], theme.PAGE[base]) >= 3
    assert theme.contrast(theme.INK[base], theme.SPAN[base]) >= 3
    for matrix in DEFICIENCIES.values():
        line, dot = (np.array(matrix) @ linear(colour) for colour in (theme.SPAN[base], theme.INK[base]))
        assert np.linalg.norm(lab(line) - lab(dot)) > 40  # told apart by lightness, which every eye sees


@pytest.mark.parametrize("kind", DEFICIENCIES)
@pytest.mark.parametrize("group", ["executives", "customer stages", "large lines"])
def test_colours_side_by_side_are_told_apart_by_colour_blind_eyes(group: str, kind: str) -> None:
    keys = {
        "executives": list(words.EXECUTIVES),
        "customer stages": ["active", "inactive", "churned"],
        "large lines": ["revenue", "cost_of_goods", "support"],
    }[group]
    for a, b in combinations(keys, 2):
        seen = [lab(np.array(DEFICIENCIES[kind]) @ linear(SERIES[k])) for k in (a, b)]
        assert np.linalg.norm(seen[0] - seen[1]) > 10, (a, b)


def test_everything_that_is_drawn_has_a_colour_and_a_name() -> None:
    assert set(STAGES) == set(theme.STAGES) == set(words.STAGES)
    assert set(STREAMS) | set(CASH_LINES) <= set(theme.STREAMS) & set(words.LINES)


def test_every_stage_names_the_tables_that_decide_it() -> None:
    assert set(words.STAGE_TABLES) == set(STAGES)
    assert {table for tables in words.STAGE_TABLES.values() for table in tables} <= set(CANONICAL)
