"""The curves of the contract stream: which customers renew alike, and which model describes them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

import numpy as np

from valuekit.engine import Engine, Expression, literal, load_steps, parse_expression
from valuekit.errors import ExpressionError, FitError
from valuekit.ltv.contract_money import Silence, find_silence
from valuekit.ltv.fitted import FittedModel
from valuekit.ltv.models import BetaDiscreteWeibull, RenewalModel, ShiftedBetaGeometric
from valuekit.ltv.models.observations import Array, read_columns, weighted_sum
from valuekit.ltv.retention import retention_check
from valuekit.ltv.titles import title
from valuekit.ltv.units import TimeUnit
from valuekit.tables import PUBLISHED
from valuekit.tables.published import VALUED_STAGES

MINIMUM_EVENTS = 25
"""A group of customers has its own curve from so many refused and so many survived renewals on."""

PRIOR = (1.0, 4.0)
"""Stated prior (alpha, beta) in years: a fifth churns in the first year, fewer later."""

Choice = Literal["bic", "sbg", "bdw"]
"""Which model of renewals: the one with the lower Bayesian information criterion, or one for all curves."""

_MODELS: dict[str, type[RenewalModel]] = {"sbg": ShiftedBetaGeometric, "bdw": BetaDiscreteWeibull}

_TERM_STEPS = (
    *load_steps("valuekit.ltv", "signed.sql"),
    *load_steps("valuekit.lifecycle", "replacing.sql"),
    *load_steps("valuekit.ltv", "contracts.sql"),
)

Key = tuple[int, int]
"""Who shares a curve: term length in months, number of the segment."""

Ended = tuple[float, float]
"""Of lapsed contracts whose customers paid on: how many were signed again, and how many ended in that or in silence."""


@dataclass(frozen=True)
class Curve:
    """A renewal model as it serves one term length: `step` is the term in the model's own terms.

    `lapsed` are contracts that ended while their customers paid on: how many were signed again, and of how many.
    `readiness` is the power to which probabilities to stay are raised: 1, unless a lever has moved them.
    `silent_stayers` is the share of customers who stay of whom neither bill nor payment comes for a term.
    `announced` is the share of refusals of which notice has been given, by whole months to the renewal.
    """

    model: RenewalModel
    step: float
    stated: bool
    lapsed: Ended = (0.0, 0.0)
    announced: tuple[float, ...] = ()
    silent_stayers: float = 0.0
    readiness: float = 1.0

    @property
    def name(self) -> str:
        """Short name of the model, as in `ltv.model`."""
        return next(name for name, model in _MODELS.items() if isinstance(self.model, model))

    def survival(self, renewals: Array, ahead: Array) -> Array:
        """Return the probability to survive `ahead` further renewals after `renewals`."""
        stays = self.model.conditional_survival(renewals * self.step, ahead * self.step)
        return stays if self.readiness == 1 else np.asarray(stays**self.readiness)

    def again(self, renewals: float, ahead: Array) -> Array:
        """Return the probability of who refused after so many renewals, and signed again, to survive `ahead` renewals.

        Whoever has refused once is likelier to do so again: its own rate is what it was, so to survive n renewals,
        refuse one and survive k more is as likely as to survive n + k and refuse the next. Never likelier than for new
        customers, which where rates change with time this would not be.

        >>> curve = Curve(ShiftedBetaGeometric.from_parameters([1.0, 3.0]), 1.0, stated=False)
        >>> curve.again(0.0, np.arange(3.0)).round(3), curve.survival(np.zeros(3), np.arange(3.0)).round(3)
        (array([1. , 0.6, 0.4]), array([1.  , 0.75, 0.6 ]))
        """
        n = np.full(len(ahead), renewals)
        refuses = self.survival(n, ahead) - self.survival(n, ahead + 1)
        first = np.maximum(1 - self.survival(n[:1], np.ones(1)), 1e-12)
        new = self.survival(np.zeros(len(ahead)), ahead)
        return np.asarray(np.minimum(refuses / first, new))

    def stays(self, state: Mapping[str, Array], ahead: Array) -> Array:
        """Return the probability to survive `ahead` further renewals and, before, one that is pending: a row per line.

        Reads `renewals`, `months_to_next`, `pending`, `ends` and `silent`; `ahead` has a row for each line, or one for
        all.
        A pending renewal is that of a lapsed contract whose customer pays on. It is signed as often as such were; what
        any renewal would say weighs as much as one of them. After notice (`ends`) no renewal comes. Where none has been
        given, the next one is likelier: by Bayes' rule, S(1) / (S(1) + (1 - S(1)) (1 - announced)).
        Who has been `silent` for m renewals is there with probability e S(m) / (e S(m) + 1 - S(m)), the same rule: all
        who left are silent, and of those who stay the share e.

        >>> curve = Curve(ShiftedBetaGeometric.from_parameters([1.0, 3.0]), 1.0, False, (0.0, 4.0), (0.5, 0.2))
        >>> state = {name: np.zeros(3) for name in ("renewals", "months_to_next", "pending", "ends", "silent")}
        >>> state |= {"pending": np.array([0.0, 1.0, 0.0]), "ends": np.array([0.0, 0.0, 1.0])}
        >>> curve.stays(state, np.array([0.0, 1.0])).round(3)
        array([[1.   , 0.857],
               [0.15 , 0.12 ],
               [1.   , 0.   ]])
        """
        axes = (1,) * (max(ahead.ndim, 2) - 1)
        names = "renewals", "months_to_next", "pending", "ends", "silent"
        renewals, months, pending, ends, silent = (state[name].reshape(-1, *axes) for name in names)
        signed, seen = self.lapsed
        next_one = self.survival(renewals + silent, np.ones_like(renewals))
        today = np.where(pending > 0, (signed + next_one) / (seen + 1), self.in_silence(renewals, silent))
        there = today * self.survival(renewals + pending + silent, ahead)
        known = np.append(self.announced, 0.0)[np.clip(months, 0, len(self.announced)).astype(np.int64)]
        without_notice = np.where((pending > 0) | (ahead <= 0), 1.0, 1 - (1 - next_one) * known)
        return np.where((ends > 0) & (ahead > 0), 0.0, there / without_notice)

    def in_silence(self, renewals: Array, silent: Array) -> Array:
        """Return the probability to be there after `silent` renewals of which nothing was heard, after `renewals`."""
        # What is over, no lever moves.
        survived = self.model.conditional_survival(renewals * self.step, silent * self.step)
        stays = self.silent_stayers * survived
        return np.where(silent > 0, stays / np.maximum(stays + 1 - survived, 1e-300), 1.0)


def summarise(engine: Engine, as_of: date, by: Sequence[str] = ()) -> Silence:
    """Summarise contract terms, and return from when on a customer is silent.

    Reads `contracts`, `invoices` and `payments` (accepted form, with `party_id`), `fx_rates`, `facts` and `stages`.
    `by` are expressions over columns of `facts` and over `cohort`, the year in which a party's first contract began;
    parties with equal values are one segment. Columns of `AT_START` alone: with others, the curve would know who has
    left.

    Makes `renewal_segments` and `segment_names`; `contract_runs` (one row per party and run of terms of one length),
    `renewal_groups` (distinct histories with weight; `entered` are the renewals survived before the party could be
    seen), `renewal_notices` (refusals by days of notice), `contract_lines` (what runs today: price, term, how it
    is paid, renewals survived, months to the next renewal) and `line_groups` (its distinct states).

    A renewal that nobody signed is survived up to the last bill or payment; those due since are `silent` where a term
    and a grace have passed. Where a company has neither bills nor payments, all that were due are survived.

    Renewals due after `as_of` are still open, even where notice or a new signature is known: to count only the known
    ones would count the early. Raises `ExpressionError` for a segment that cannot be computed, or that tells who
    has left.
    """
    engine.run("valuekit.ltv", "segments.sql", {"as_of": as_of}, name=_segment_name(by))
    silence = find_silence(engine, as_of)
    known = {"as_of": as_of, "grace": silence.grace, "money_to": silence.until}
    engine.run_steps(_TERM_STEPS, {**known, "valued_stages": list(VALUED_STAGES)})
    engine.drop("last_money", "term_bills")
    return silence


AT_START = (
    "role", "is_internal", "is_supplier", "created_on", "engaged_on", "trial_started_on", "opened_on", "won_on",
    "signed_on", "contract_starts_on", "has_contract", "term_months", "first_paid_on", "first_ordered_on",
    "first_used_on", "cohort",
)  # fmt: skip
"""What is known of a party before it can leave; all other facts tell, more or less, who has left."""


def _segment_name(by: Sequence[str]) -> Expression:
    columns = [*PUBLISHED["facts"].names, "cohort"]
    parts = []
    for text in by:
        expression = parse_expression(text, columns)
        if telling := sorted(expression.columns - {*AT_START}):
            raise ExpressionError(
                f"`{text}` reads {', '.join(telling)}, which tells who has left: they would have their own curve.",
                where="ltv.renewal_segments",
                next_step=f"Columns that are known from the start: {', '.join(AT_START)}.",
            )
        parts.append(f"{literal(text + ': ')} || COALESCE(CAST({expression.sql} AS VARCHAR), 'unknown')")
    return Expression("segment", " || ', ' || ".join(parts) or "'all'", frozenset(columns))


def fit_renewals(
    engine: Engine,
    window: tuple[date, date] | None,
    choice: Choice = "bic",
    lapsed: Callable[[int], Ended] = lambda term: (0.0, 0.0),
    silent_stayers: float = 0.0,
) -> tuple[dict[Key, Curve], list[FittedModel]]:
    """Fit one curve per term length and segment where both have enough events, else one that more customers share.

    In this order: the term length in the segment; the term length in all segments; all customers, in years; a stated
    prior. Each fit says in its note which model `choice` took and why, and has Kaplan-Meier's curve beside it.

    Reads what `summarise` made. Pending renewals count as those of others who had `lapsed` and paid on, by term length,
    have ended: to leave them all open would be to count those who paid on and then left as late as they stop. Who is
    silent while others pay has left as likely as the stated prior says of so many renewals (`Curve.stays`).
    """
    groups = engine.query("SELECT * FROM renewal_groups")
    rows = _heard(_settled(read_columns(groups, groups.schema.names), lapsed), silent_stayers)
    announced = _announced(engine)
    names = {int(number): str(name) for name, number in engine.rows("SELECT name, segment FROM segment_names")}
    keys = {(int(t), int(s)) for t, s in engine.rows("SELECT DISTINCT term_months, segment FROM contract_lines")}
    keys |= set(zip(rows["term_months"].astype(int).tolist(), rows["segment"].astype(int).tolist(), strict=True))
    fits = _Fits(rows, window, choice, names)
    curves = {
        key: replace(
            _curve(fits.of(key), key[0]),
            lapsed=lapsed(key[0]),
            silent_stayers=silent_stayers,
            announced=announced.get(key[0], ()),
        )
        for key in sorted(keys)
    }
    return curves, fits.used


def _settled(rows: Mapping[str, Array], lapsed: Callable[[int], Ended]) -> dict[str, Array]:
    """Share out who has a renewal pending: signed or refused as it was before, and one more case that stays open."""
    pending = rows["pending"] > 0
    signed, seen = np.array([lapsed(int(term)) for term in rows["term_months"]]).reshape(-1, 2).T
    still_open = {**rows, "weight": np.where(pending, rows["weight"] / (seen + 1), rows["weight"])}
    taken = {**rows, "renewals": rows["renewals"] + 1, "weight": rows["weight"] * signed / (seen + 1)}
    refused = {**rows, "churned": np.ones(len(pending)), "weight": rows["weight"] * (seen - signed) / (seen + 1)}
    parts = [still_open, *({name: values[pending] for name, values in part.items()} for part in (taken, refused))]
    return {name: np.concatenate([part[name] for part in parts]) for name in rows}


def _heard(rows: Mapping[str, Array], silent_stayers: float) -> dict[str, Array]:
    """Share out who is silent while others pay: refused, or still there and open."""
    silent = rows["silent"] > 0
    prior = Curve(ShiftedBetaGeometric.from_parameters(PRIOR), 1.0, stated=True, silent_stayers=silent_stayers)
    years = rows["term_months"] / 12
    there = prior.in_silence(rows["renewals"] * years, rows["silent"] * years)
    still_open = {**rows, "weight": rows["weight"] * there}
    refused = {**rows, "churned": np.ones(len(silent)), "weight": rows["weight"] * (1 - there)}
    return {name: np.concatenate([still_open[name], refused[name][silent]]) for name in rows}


def _announced(engine: Engine) -> dict[int, tuple[float, ...]]:
    """Return by term length: of refusals, the share with notice, in the mean of each month before the end.

    As much as one refusal without notice is added to those seen.
    """
    table = engine.query("SELECT term_months, COALESCE(days, 0) AS days, refusals FROM renewal_notices")
    rows = read_columns(table, table.schema.names)
    found = {}
    for term in np.unique(rows["term_months"]):
        own = rows["term_months"] == term
        given = np.clip(TimeUnit("month").from_days(rows["days"][own]) - np.arange(term)[:, None], 0.0, 1.0)
        refusals = rows["refusals"][own]
        found[int(term)] = tuple((given * refusals).sum(axis=1) / (refusals.sum() + 1))
    return found


class _Fits:
    """Fits that are made when first asked for, and kept in the order of their use."""

    def __init__(
        self, rows: Mapping[str, Array], window: tuple[date, date] | None, choice: Choice, names: Mapping[int, str]
    ) -> None:
        self._rows, self._window, self._choice, self._names = rows, window, choice, names
        self._kept: dict[str, FittedModel | None] = {}

    @property
    def used(self) -> list[FittedModel]:
        return [fitted for fitted in self._kept.values() if fitted]

    def of(self, key: Key) -> FittedModel:
        term, segment = key
        of_term = self._rows["term_months"] == term
        if len(self._names) > 1:
            chosen = of_term & (self._rows["segment"] == segment)
            if own := self._group(f"contracts.renewals.{term}m.{segment}", chosen, term, self._names.get(segment, "")):
                return own
        return self._group(f"contracts.renewals.{term}m", of_term, term) or self._pooled()

    def _group(self, name: str, chosen: Array, term: int, note: str = "") -> FittedModel | None:
        if name not in self._kept:
            rows = {column: values[chosen] for column, values in self._rows.items()}
            self._kept[name] = self._fit(name, rows, term, note) if min(_counts(rows)) >= MINIMUM_EVENTS else None
        return self._kept[name]

    def _fit(self, name: str, rows: Mapping[str, Array], term: int, note: str) -> FittedModel | None:
        try:
            model, why = choose(rows, term, self._choice, self._window)
        except FitError:
            return None
        checks = {} if "step" in rows else {"retention": retention_check(rows, model)}
        return FittedModel(name, model, "; ".join(filter(None, (note, why))), checks=checks)

    def _pooled(self) -> FittedModel:
        kept = next((f for name, f in self._kept.items() if f and name.endswith(("pooled", "prior"))), None)
        if kept:
            return kept
        years = self._rows["term_months"] / 12
        pooled = {**self._rows, "step": years}
        pooled |= {column: self._rows[column] * years for column in ("renewals", "entered")}
        refused, survived = _counts(self._rows)
        enough = min(refused, survived) >= MINIMUM_EVENTS
        name, note = "contracts.renewals.pooled", "all term lengths share one curve in years"
        fitted = self._fit(name, pooled, 12, note) if enough else None
        if not fitted:
            name = "contracts.renewals.prior"
            note = f"stated prior {PRIOR} in years: {refused:g} refused and {survived:g} survived renewals are too few"
            fitted = FittedModel(name, ShiftedBetaGeometric.from_parameters(PRIOR), note, stated=True)
        self._kept[name] = fitted
        return fitted


def choose(
    rows: Mapping[str, Array], term: int, choice: Choice, window: tuple[date, date] | None = None
) -> tuple[RenewalModel, str]:
    """Fit the models of a choice and return the better one, with a sentence that says why.

    A model that cannot be fitted is out; raises the `FitError` of the last where none can be.
    """
    found: dict[str, RenewalModel] = {}
    failed: FitError | None = None
    for name in _MODELS if choice == "bic" else (choice,):
        try:
            found[name] = _MODELS[name](term).fit(rows, window=window)
        except FitError as error:
            failed = error
    if not found:
        raise failed or FitError("there is no model of renewals to choose from.")
    best = min(found, key=lambda name: found[name].bic_)
    criteria = ", ".join(f"{title(_MODELS[name].__name__)} {model.bic_:.1f}" for name, model in found.items())
    told = title(_MODELS[best].__name__)
    return found[best], f"{told} by BIC ({criteria})" if choice == "bic" else f"{told} as configured"


def _counts(rows: Mapping[str, Array]) -> tuple[float, float]:
    """Renewals refused and renewals seen to be survived."""
    weight = rows["weight"]
    return weighted_sum(weight, rows["churned"]), weighted_sum(weight, rows["renewals"] - rows["entered"])


def _curve(fitted: FittedModel, term: int) -> Curve:
    if not isinstance(fitted.estimator, RenewalModel):
        raise FitError(f"{fitted.name} is no model of renewals.")
    return Curve(fitted.estimator, term / fitted.estimator.term_months, fitted.stated)
