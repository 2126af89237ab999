"""Where the field has no standard: how movements are counted, each choice with the sentence that documents print."""

from dataclasses import dataclass, fields

from valuekit.errors import ConfigError

CHOICES = {
    "mrr_rate": ("signing", "month_end"),
    "second_subscription": ("expansion", "new_business"),
    "same_month": ("net", "gross"),
    "backdated": ("from_signature", "from_start"),
}


@dataclass(frozen=True)
class Policies:
    """How customers and monthly recurring revenue move from month to month.

    >>> Policies().same_month
    'net'
    >>> Policies(same_month="both")
    Traceback (most recent call last):
    valuekit.errors.ConfigError: same_month 'both' is none of net, gross.
    """

    mrr_rate: str = "signing"
    """Exchange rate of recurring revenue: of the day of signature, or of each month end."""
    second_subscription: str = "expansion"
    """What a further subscription of a customer counts as."""
    same_month: str = "net"
    """Who joins and leaves between two month ends: not counted (`net`), or as new and as churned (`gross`)."""
    backdated: str = "from_signature"
    """Whether the recurring revenue of a contract signed after its start counts from signature or from its start."""
    past_due_days: int | None = None
    """Recurring revenue with an invoice overdue for more days counts as churned until it is paid; None: it stays."""
    reactivation_days: int | None = None
    """A return after more days counts as new; None: always as reactivated."""

    def __post_init__(self) -> None:
        for name, known in CHOICES.items():
            if getattr(self, name) not in known:
                raise ConfigError(f"{name} '{getattr(self, name)}' is none of {', '.join(known)}.")
        for name in ("past_due_days", "reactivation_days"):
            days = getattr(self, name)
            if days is not None and days < 0:
                raise ConfigError(f"{name} is negative.", next_step="Give a number of days, 0 or more.")

    @property
    def parameters(self) -> dict[str, str | int | None]:
        """The policies by name, as the SQL steps bind them."""
        return {f.name: getattr(self, f.name) for f in fields(self)}


@dataclass(frozen=True)
class Rule:
    """One rule of counting: the setting, or what it is about where there is no choice; its value; what it means."""

    setting: str
    value: str
    sentence: str


def describe(policies: Policies) -> list[Rule]:
    """Say by which rules movements are counted: first the settings as they are, then what holds always.

    >>> [(r.setting, r.value) for r in describe(Policies(reactivation_days=90))][-5:-3]
    [('past_due_days', 'none'), ('reactivation_days', '90')]
    """
    return [_chosen(name, value) for name, value in policies.parameters.items()] + list(ALWAYS)


def _chosen(name: str, value: str | int | None) -> Rule:
    if name in CHOICES:
        return Rule(name, str(value), _MEANINGS[name, str(value)])
    sentence = _NO_LIMIT[name] if value is None else _LIMIT[name].format(days=value)
    return Rule(name, "none" if value is None else str(value), sentence)


_MEANINGS = {
    ("mrr_rate", "signing"): "Recurring revenue in other currencies stands at the exchange rate of the day of "
    "signature. The fx line holds what the rate alone changes when a contract is renewed.",
    ("mrr_rate", "month_end"): "Recurring revenue in other currencies is valued anew at each month end, at the last "
    "rate on or before it. What the rates alone change is the fx line. Without a rate, the rate of signature stays.",
    ("second_subscription", "expansion"): "A further subscription of a customer is expansion.",
    ("second_subscription", "new_business"): "A further subscription of a customer is new business: one that neither "
    "renews nor changes another, unless another ended in the same month.",
    ("same_month", "net"): "Who joins and leaves between two month ends is counted in neither.",
    ("same_month", "gross"): "Who joins and leaves between two month ends counts as new and as churned. Churn rates "
    "hold only those who were there at the begin.",
    ("backdated", "from_signature"): "A contract signed after its start counts from the day of signature, so that "
    "past months stay as they were.",
    ("backdated", "from_start"): "A contract signed after its start counts from its start: past months change.",
}
_LIMIT = {
    "past_due_days": "Recurring revenue with an invoice overdue for more than {days} days counts as churned until "
    "the invoice is paid.",
    "reactivation_days": "Who returns more than {days} days after the last month end at which he was there counts "
    "as new.",
}
_NO_LIMIT = {
    "past_due_days": "Overdue invoices and failed charges do not change recurring revenue: the contract stands.",
    "reactivation_days": "Who returns is reactivated, however long he was away; never new, never expansion.",
}

ALWAYS = (
    Rule(
        "recurring revenue",
        "from contracts",
        "Recurring revenue is the price of a signed term divided by its months, from the first to the last day of the "
        "term as it runs. Months without a charge, annual invoices and proration do not move it.",
    ),
    Rule(
        "price change",
        "from its month",
        "A changed price is expansion or contraction in the month of the change; earlier months keep their price. A "
        "renewal at the same price is no movement.",
    ),
    Rule(
        "internal accounts",
        "left out",
        "Internal and test accounts have no recurring revenue and move no number.",
    ),
)
"""What holds whatever the settings are."""
