"""Monthly recurring revenue: what it is at each month end, and how it moves from one to the next."""

from valuekit.engine import Engine
from valuekit.lifecycle.policies import Policies

PACKAGE = "valuekit.lifecycle"


def move_mrr(engine: Engine, policies: Policies) -> None:
    """Say how monthly recurring revenue moves from each month end to the next.

    Reads `month_ends`, `running_terms`, `contract_terms`, `contracts`, `brief_terms`, `stages`, `fx_rates`; with
    `past_due_days` also `invoices` and `payments`.
    Makes `mrr_movements` (party, month, kind) and `mrr_months` (begin + movements = end, exactly); beside them
    `mrr_terms`, `mrr_rates`, `mrr_balances` and `mrr_moves`.

    A balance in another currency is never summed as it stands: it is valued at the rate of signature or of the month
    end. Within a party and a currency, what grew is valued at the rate of now and what shrank at the rate of before;
    the rest of the change is `fx`. So no churn or contraction exceeds what was there at the begin.
    """
    for file in ("mrr_terms.sql", "mrr.sql", "mrr_months.sql"):
        engine.run(PACKAGE, file, policies.parameters)
