from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from valuekit.money import CENT, allocate, round_together, shorten, show, to_cents

amounts = st.integers(-(10**12), 10**12).map(lambda cents: Decimal(cents) * CENT)
weights = st.lists(st.integers(0, 10**6), min_size=1, max_size=30).filter(lambda w: sum(w) > 0)


@given(amounts, weights)
def test_the_parts_add_up_to_the_whole(amount, weights):
    assert sum(allocate(amount, weights)) == amount


@given(amounts, weights)
def test_each_part_is_within_a_cent_of_its_fair_share(amount, weights):
    for part, weight in zip(allocate(amount, weights), weights, strict=True):
        assert abs(part - amount * weight / sum(weights)) < CENT


@given(amounts, weights)
def test_a_weight_of_zero_gets_nothing_and_a_loss_is_a_mirrored_gain(amount, weights):
    parts = allocate(amount, weights)
    assert all(part == 0 for part, weight in zip(parts, weights, strict=True) if weight == 0)
    assert allocate(-amount, weights) == [-part for part in parts]


@given(amounts, weights)
def test_a_heavier_weight_never_gets_less(amount, weights):
    parts = allocate(abs(amount), weights)
    by_weight = sorted(zip(weights, parts, strict=True))
    for (lighter, less), (heavier, more) in pairwise(by_weight):
        assert less <= more or lighter == heavier


@pytest.mark.parametrize("wrong", [[0, 0], [-1, 2], []])
def test_weights_that_share_nothing_are_refused(wrong):
    with pytest.raises(ValueError):
        allocate(Decimal(1), wrong)


@pytest.mark.parametrize(
    ("amount", "cents"), [("0.005", "0.01"), ("-0.005", "-0.01"), ("1.0049", "1.00"), ("2", "2.00")]
)
def test_halves_are_rounded_away_from_zero(amount, cents):
    assert str(to_cents(Decimal(amount))) == cents


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0"), (0.5, "0.5"), (999, "999"), (1000, "1.00k"), (12_345, "12.3k"), (123_456, "123k"), (2.5e9, "2.50B")],
)
def test_numbers_are_shortened_to_three_figures(number, text):
    assert shorten(number) == text


def test_amounts_carry_their_currency_and_sign():
    assert show(Decimal("1234.5"), "EUR") == "€1,234.50"
    assert show(Decimal("-1234.5"), "CHF") == "-CHF 1,234.50"
    assert show(-2_500_000, "USD", short=True) == "-$2.50M"
    assert show(5, "NOK") == "NOK 5.00"


exact = st.lists(st.integers(-(10**14), 10**14).map(lambda n: Decimal(n).scaleb(-4)), max_size=30)


@given(exact)
def test_parts_in_cents_add_up_to_their_sum_in_cents(parts):
    rounded = round_together(parts)
    assert sum(rounded) == to_cents(sum(parts, Decimal(0)))
    assert all(abs(part - cents) < CENT for part, cents in zip(parts, rounded, strict=True))
    assert all(cents == cents.quantize(CENT) for cents in rounded)


@given(exact.filter(bool), st.sampled_from([CENT, Decimal(1)]), st.integers(-1, 1))
def test_a_part_that_is_a_total_elsewhere_keeps_its_own_rounding_and_the_others_give_way(parts, step, noise):
    total = sum(parts, Decimal(0)) + (
        noise * Decimal("0.0001") if len(parts) > 2 else 0
    )  # stored after a sum of floats
    rounded = round_together(parts, total=total, kept=0, to=step)
    assert sum(rounded) == total.quantize(step, ROUND_HALF_UP)
    assert rounded[0] == parts[0].quantize(step, ROUND_HALF_UP)
    assert all(abs(part - units) <= step + Decimal("0.0001") for part, units in zip(parts, rounded, strict=True))
