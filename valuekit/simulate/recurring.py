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


def monthly_prices(terms: Terms, parties: Parties, exchange: Exchange) -> Ints:
    """Return each term's price a month, in ten-thousandths of the reporting currency, at the rate of its signature."""
    euros = exchange.reporting(terms.price, parties.currency[terms.party], terms.signed) * _SCALE
    return np.asarray((2 * euros + terms.months) // (2 * terms.months), dtype=np.int64)


def recurring_rows(clock: Clock, terms: Terms, parties: Parties, exchange: Exchange, party_ids: pa.Array) -> pa.Table:
    """Return the rows of `truth_mrr`: signed terms that cover the month end, test accounts left out."""
    monthly = np.where(parties.kind[terms.party] == Kind.TEST, 0, monthly_prices(terms, parties, exchange))
    mrr = np.zeros((clock.months, len(parties)), dtype=np.int64)
    for month, today in enumerate(clock.month_ends.tolist()):
        current = (terms.signed <= today) & (terms.start <= today) & (terms.end >= today)
        mrr[month] = totals(terms.party[current], monthly[current], len(parties))
    party, place = np.nonzero(mrr.T)
    return rows(
        TRUTH["truth_mrr"],
        len(party),
        true_party=party_ids.take(pa.array(party)),
        as_of=dates(clock.month_ends[place]),
        mrr=decimal(mrr[place, party]),
    )
