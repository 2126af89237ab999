"""Money: DECIMAL in tables, `Decimal` in Python, shares that add up to the whole."""

from collections.abc import Sequence
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

MONEY = "DECIMAL(18,4)"
"""The type of every amount of money in a table."""

RATE = "DECIMAL(18,8)"
"""The type of an exchange rate."""

CENT = Decimal("0.01")

SYMBOLS = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥", "CHF": "CHF "}


def to_cents(amount: Decimal) -> Decimal:
    """Round half away from zero to the cent, as ledgers do.

    >>> to_cents(Decimal("9747747.934")), to_cents(Decimal("-0.005"))
    (Decimal('9747747.93'), Decimal('-0.01'))
    """
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


def allocate(amount: Decimal, weights: Sequence[int]) -> list[Decimal]:
    """Split an amount by whole-number weights so that the parts equal the whole to the cent (largest remainders).

    The reference for the allocation that runs in SQL. Ties go to the earlier part; all-zero weights are an error.

    >>> allocate(Decimal("0.05"), [1, 1, 1])
    [Decimal('0.02'), Decimal('0.02'), Decimal('0.01')]
    >>> allocate(Decimal("-10.00"), [3, 0, 1])
    [Decimal('-7.50'), Decimal('0.00'), Decimal('-2.50')]
    """
    total = sum(weights)
    if total <= 0 or min(weights) < 0:
        raise ValueError("weights must be non-negative and not all zero")
    sign = -1 if amount < 0 else 1
    cents = int((abs(amount) / CENT).to_integral_value(rounding=ROUND_DOWN))
    shares = [divmod(cents * w, total) for w in weights]
    left = cents - sum(s for s, _ in shares)
    by_remainder = sorted(range(len(weights)), key=lambda i: (-shares[i][1], i))
    bonus = set(by_remainder[:left])
    return [CENT * (sign * (s + (i in bonus))) for i, (s, _) in enumerate(shares)]


def round_together(
    parts: Sequence[Decimal], *, total: Decimal | None = None, kept: int | None = None, to: Decimal = CENT
) -> list[Decimal]:
    """Round parts so that they add up to their sum as it is rounded itself: those nearest to the next step give way.

    `total` is that sum where it is stored beside the parts, `kept` the place of a part that is a total elsewhere, which
    keeps its own rounding, `to` the step. Whatever shows these parts, with or without their total, asks here, so that
    the same part is the same figure everywhere.

    >>> round_together([Decimal("1.004"), Decimal("2.003"), Decimal("-0.5")])
    [Decimal('1.01'), Decimal('2.00'), Decimal('-0.50')]
    >>> round_together([Decimal("1.004"), Decimal("2.003"), Decimal("-0.5")], kept=0)
    [Decimal('1.00'), Decimal('2.01'), Decimal('-0.50')]
    """
    rounded = [part.quantize(to, rounding=ROUND_HALF_UP) for part in parts]
    whole = sum(parts, Decimal(0)) if total is None else total
    missing = whole.quantize(to, rounding=ROUND_HALF_UP) - sum(rounded)
    step = to.copy_sign(missing)
    nearest = sorted(
        (i for i in range(len(parts)) if i != kept), key=lambda i: (-(parts[i] - rounded[i]) * step, i)
    )  # fmt: skip
    for i in nearest[: int(abs(missing) / to)]:
        rounded[i] += step
    return rounded


def show(amount: Decimal | float | int, currency: str, *, short: bool = False) -> str:
    """Write an amount for people: exact by default, abbreviated for cards.

    >>> show(Decimal("-1234567.891"), "GBP"), show(1234567, "EUR", short=True), show(12, "SEK")
    ('-£1,234,567.89', '€1.23M', 'SEK 12.00')
    """
    symbol = SYMBOLS.get(currency, f"{currency} ")
    sign, size = ("-" if amount < 0 else ""), abs(Decimal(str(amount)))
    if not short:
        return f"{sign}{symbol}{to_cents(size):,}"
    return f"{sign}{symbol}{shorten(size)}"


def shorten(number: Decimal | float | int) -> str:
    """Abbreviate a non-negative number to three significant figures.

    >>> [shorten(n) for n in (0, 7.5, 999, 1000, 45_600, 9_747_748)]
    ['0', '7.5', '999', '1.00k', '45.6k', '9.75M']
    """
    size = float(number)
    for limit, unit in ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k")):
        if size >= limit:
            scaled = size / limit
            return f"{scaled:.{max(0, 2 - len(str(int(scaled))) + 1)}f}{unit}"
    return f"{size:.3g}"
