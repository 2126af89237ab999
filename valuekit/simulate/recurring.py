"""True monthly recurring revenue of every party at every month end."""

import numpy as np
import pyarrow as pa

from valuekit.simulate.clock import Clock
from valuekit.simulate.columns import dates, decimal, rows
from valuekit.simulate.contracts import Terms
from valuekit.simulate.draws import Ints, totals
from valuekit.simulate.exchange import Exchange
from valuekit.simulate.parties import Kind, Parties
from valuekit.tables import TRUTH

_SCALE = 100
"""Ten-thousandths in a cent."""


def _a_month(cents: Ints, months: Ints) -> Ints:
    """Return prices of terms as prices of a month, in ten-thousandths, rounded half up."""
    return np.asarray((2 * _SCALE * cents + months) // (2 * months), dtype=np.int64)


def recurring_rows(clock: Clock, terms: Terms, parties: Parties, exchange: Exchange, party_ids: pa.Array) -> pa.Table:
    """Return the rows of `truth_mrr`: signed terms that cover the month end, test accounts left out."""
    euros = exchange.reporting(terms.price, parties.currency[terms.party], terms.signed)
    counts = parties.kind[terms.party] != Kind.TEST
    own, monthly = (_a_month(np.where(counts, cents, 0), terms.months) for cents in (terms.price, euros))
    mrr = np.zeros((clock.months, len(parties)), dtype=np.int64)
    in_currency = mrr.copy()
    for month, today in enumerate(clock.month_ends.tolist()):
        current = (terms.signed <= today) & (terms.start <= today) & (terms.end >= today)
        mrr[month] = totals(terms.party[current], monthly[current], len(parties))
        in_currency[month] = totals(terms.party[current], own[current], len(parties))
    party, place = np.nonzero(mrr.T)
    return rows(
        TRUTH["truth_mrr"],
        len(party),
        true_party=party_ids.take(pa.array(party)),
        as_of=dates(clock.month_ends[place]),
        mrr=decimal(mrr[place, party]),
        mrr_in_currency=decimal(in_currency[place, party]),
    )
