import json
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from valuekit.errors import ConfigError, FitError, UnknownNameError
from valuekit.ltv import Discount, Horizon, backtest_orders, check_drift, plots, select, split, value_orders
from valuekit.ltv.backtest import Backtest
from valuekit.ltv.drift import distance, judged, read_purchase_model
from valuekit.ltv.forecasters import Foretold, purchase_interval, two_parts
from valuekit.ltv.models import BgNbd, MbgNbd, ShiftedBetaGeometric
from valuekit.ltv.purchases import view_lines
from valuekit.ltv.selection import CANDIDATES, choose_model
from valuekit.ltv.titles import title

START, DAYS = date(2024, 1, 1), 720


def shop(customers=600, seed=5, faster=1.0):
    """Orders of two years by customers of MBG/NBD; from the last half year on at another pace."""
    rng = np.random.default_rng(seed)
    rate, quits = rng.gamma(0.9, 1 / 40.0, customers), rng.beta(1.0, 6.0, customers)
    rows = []
    for i in range(customers):
        day, alive = float(rng.integers(0, 360)), True
        while alive and day < DAYS:
            rows.append((f"c{i:04d}", START + timedelta(days=int(day)), round(float(rng.gamma(3.0, 10.0)) + 1, 2)))
            pace = rate[i] * (faster if day > DAYS - 180 else 1.0)
            day, alive = day + rng.exponential(1 / pace), rng.random() > quits[i]
    return pd.DataFrame(rows, columns=["customer", "date", "amount"])


@pytest.fixture(scope="module")
def orders():
    return shop()


@pytest.fixture(scope="module")
def tested(orders):
    extra = {"oracle": foretell_one_purchase_each}
    return backtest_orders(orders, origins=2, days=150, models=("mbg_nbd",), extra=extra)


def foretell_one_purchase_each(known):
    ones = np.ones(len(known.summary))
    return Foretold(ones, 30 * ones)


def row(tested, model, target="purchases", number=-1):
    return [r for r in tested.scores.to_pylist() if r["model"] == model and r["target"] == target][number]


def test_every_forecaster_is_judged_at_every_origin(tested, orders):
    models = {"mbg_nbd", "challenger", "last_period", "cohort_mean", "oracle"}
    rows = tested.scores.to_pylist()
    assert {(r["origin"], r["model"], r["target"]) for r in rows} == {
        (origin, model, target)
        for origin in {r["origin"] for r in rows}
        for model in models
        for target in ("purchases", "spend")
    }
    assert len({r["origin"] for r in rows}) == 2
    last = orders["date"].max()
    origin = row(tested, "oracle")["origin"]
    assert origin == last - timedelta(days=150)
    later = split(orders, origin).holdout
    assert row(tested, "oracle")["actual"] == sum(later["purchases"].to_pylist())
    assert row(tested, "oracle")["predicted"] == len(later)
    assert row(tested, "oracle", "spend")["actual"] == pytest.approx(sum(later["spend"].to_pylist()))


def test_the_model_that_made_the_world_beats_the_naive_rules(tested):
    for number in (0, 1):
        model, naive = (row(tested, name, number=number) for name in ("mbg_nbd", "last_period"))
        assert abs(model["bias"]) < 0.12
        assert model["rmse"] < naive["rmse"]
        assert 0.9 <= model["coverage"] <= 1
        assert 0.4 < model["gini"] <= 1


def test_the_challenger_needs_an_earlier_origin_and_then_ranks_customers(orders, tested):
    assert row(tested, "challenger")["gini"] > 0.4
    early = backtest_orders(orders, origins=[START + timedelta(days=120)], days=150, models=())
    assert "no earlier origin" in row(early, "challenger")["note"]
    assert row(early, "challenger")["wmae"] is None
    assert "no customer was there for 150 days" in row(early, "cohort_mean")["note"]
    assert row(early, "last_period")["note"] == ""


def test_a_forecaster_that_fails_keeps_its_note_and_the_others_go_on():
    """Nobody has bought twice at the former origin: the gaps between purchases have no value to learn from."""
    days = [(i, 0) for i in range(120)] + [(i, part) for part in (1, 2) for i in range(120) if i % 2 == part % 2]
    once = pd.DataFrame(
        {"customer": [i for i, _ in days], "date": [START + timedelta(60 * p + i % 60) for i, p in days]}
    )

    def unsure(known):
        return Foretold(np.ones(len(known.summary)), np.full(len(known.summary), np.nan))

    found = backtest_orders(once.assign(amount=9), origins=1, days=60, models=(), extra={"unsure": unsure})
    assert row(found, "challenger")["note"] == row(found, "last_period")["note"] == ""
    notes = [r["note"] for r in found.scores.to_pylist() if r["model"] == "unsure"]
    assert len(notes) == len(set(notes)) * 2 == 2
    assert "unsure" not in found.forecasts["model"].to_pylist()


def test_the_challenger_learns_from_columns_with_values_and_says_where_there_is_none():
    past, came = np.random.default_rng(1).normal(size=(80, 3)), np.arange(80) % 2 * 3.0
    holed = past.copy()
    holed[:, 1] = np.nan
    holed[came > 0, 2] = np.nan  # what is known of those alone who did not buy
    assert np.isfinite(two_parts(holed, came, past, 0)).all()
    assert (two_parts(past, 0 * came + 3, past, 0) == 3).all()
    with pytest.raises(FitError, match="the challenger cannot learn from these data: Found array with 0 feature"):
        two_parts(np.full((80, 3), np.nan), came, past, 0)


def test_nothing_after_an_origin_changes_what_is_foretold_there(orders):
    origin = START + timedelta(days=400)
    days = pd.to_datetime(orders["date"]).dt.date
    changed = pd.concat([orders[days <= origin], shop(seed=9)[lambda f: f["date"] > origin]])
    both = [
        backtest_orders(log, origins=[origin], days=150, models=("mbg_nbd",)).forecasts.select(
            ["model", "customer", "purchases", "spend"]
        )
        for log in (orders, changed)
    ]
    assert both[0].equals(both[1])


def test_the_choice_says_by_how_much(tested):
    choice = select(tested, ["mbg_nbd", "oracle", "last_period"])
    assert choice.best == "mbg_nbd"
    rows = choice.table.to_pylist()
    assert rows[0]["behind"] == 0 == rows[0]["standard_error"]
    assert all(r["behind"] > 0 and r["standard_error"] > 0 for r in rows[1:])
    frame = tested.forecasts.to_pandas()
    of = frame[frame["model"] == "oracle"]
    loss = ((of["purchases"] - of["actual_purchases"]) ** 2).groupby(of["customer"]).mean().mean()
    assert next(r["loss"] for r in rows if r["model"] == "oracle") == pytest.approx(loss)
    assert str(choice).startswith("MBG/NBD is best")
    with pytest.raises(FitError, match="no model foretold"):
        select(tested, [])


def test_a_choice_is_among_names_of_models_in_the_backtest(tested):
    assert select(tested, "mbg_nbd").table["model"].to_pylist() == ["mbg_nbd"]
    with pytest.raises(UnknownNameError, match=r"no model of the backtest 'mbg_nbs'\. Did you mean 'mbg_nbd'"):
        select(tested, ["mbg_nbs", "last_period"])


def test_origins_must_leave_room(orders):
    with pytest.raises(ConfigError, match="do not hold 300 days after"):
        backtest_orders(orders, origins=3, days=300)
    with pytest.raises(ConfigError, match=r"only \d+ customers had bought") as early:
        backtest_orders(fewer := shop(customers=300), origins=[START + timedelta(days=3)], days=100)
    assert early.value.next_step.endswith("origins=['2024-02-29'].")
    assert len(split(fewer, date(2024, 2, 29)).calibration) >= 50 > len(split(fewer, date(2024, 1, 31)).calibration)
    assert row(backtest_orders(fewer, origins=["2024-02-29"], days=100, models=()), "last_period")["customers"] >= 50
    with pytest.raises(ConfigError, match=r"it takes 50\. There is no day with so many, and 100 days after it\."):
        backtest_orders(shop(customers=40), origins=1, days=100)


def test_the_interval_of_purchases_holds_as_many_as_it_says():
    model = MbgNbd.from_parameters([0.5, 6.0, 0.9, 1.6])
    rows = pa.table({"frequency": [0, 4, 4], "recency": [0.0, 30.0, 30.0], "age": [40.0, 39.0, 39.0]})
    low, high = purchase_interval(model, 30, rows, 0.8)
    reached = np.cumsum(model.purchase_distribution(30, rows, 50), axis=1)
    assert low[1] == low[2]
    assert np.all(reached[range(3), high.astype(int)] >= 0.9)
    assert np.all((high == 0) | (reached[range(3), high.astype(int) - 1] < 0.9))
    assert high.tolist() != [0, 0, 0]
    assert low[0] == 0


# --- a notebook user


def test_five_lines_from_orders_to_values(orders):
    found = value_orders(orders, horizon=Horizon(2), level=0.8)
    frame, chart = found.to_pandas(), found.plot(top=10)
    assert list(frame) == ["customer", "p_alive", "expected_purchases", "value", "low", "high"]
    assert len(frame) == orders["customer"].nunique()
    assert frame["value"].is_monotonic_decreasing
    assert (frame["low"] <= frame["high"]).all()
    assert frame["p_alive"].between(0, 1).all()
    assert not any(model.stated for model in found.models)
    assert len(next(iter(chart.to_dict()["datasets"].values()))) == 10


def test_intervals_of_values_hold_what_comes():
    log = shop(customers=1500, seed=11)
    at = date(2024, 1, 1) + timedelta(days=354)
    known = log[pd.to_datetime(log["date"]).dt.date <= at]
    found = value_orders(known, as_of=at, horizon=Horizon(1), discount=Discount(0.0), level=0.8).to_pandas()
    later = split(log, at, until=at + timedelta(days=365)).holdout.to_pandas()
    both = found.merge(later, on="customer")
    assert both["value"].sum() == pytest.approx(both["spend"].sum(), rel=0.12)
    inside = ((both["low"] <= both["spend"]) & (both["spend"] <= both["high"])).mean()
    assert 0.76 < inside < 0.93


# --- drift


def stored(log, at):
    calibration = split(log, at).calibration
    return MbgNbd().fit(calibration, window=(START, at))


def test_a_model_of_a_world_that_goes_on_is_kept_and_of_one_that_changes_is_refitted():
    at = START + timedelta(days=DAYS - 180)
    kept = check_drift(stored(shop(), at), shop())
    assert kept.verdict == "keep"
    assert kept.stored <= kept.refit
    changed = check_drift(stored(shop(faster=3.0), at), shop(faster=3.0))
    assert changed.verdict == "refit"
    assert changed.bias < -0.2
    assert "off" in changed.reason
    assert changed.foretold < changed.came


def test_a_model_that_foretold_purchases_where_none_came_is_refitted(orders):
    at = START + timedelta(days=540)
    model = stored(orders, at)
    found = judged(model, model, "purchases", 600, None, (100.0, 0.0, 9.0))
    assert (found.verdict, found.bias) == ("refit", None)
    assert "no purchases came, 11.1 deviations of chance" in found.reason
    assert judged(model, model, "purchases", 600, None, (1.0, 0.0, 1.0)).verdict == "keep"


@pytest.mark.parametrize(
    ("z", "verdict", "words"),
    [
        (
            2.03,
            "keep",
            "off, which may be chance (2.0 deviations, probability 4.2%; the limit is 1%), and new",
        ),
        (2.6, "refit", "were foretold +16.4% off, 2.6 deviations of chance"),
    ],
)
def test_a_bias_that_may_be_chance_is_said_to_be(orders, z, verdict, words):
    model = stored(orders, START + timedelta(days=540))
    found = judged(model, model, "purchases", 100, (-3.0, -3.0), (116.4, 100.0, 16.4 / z))
    assert found.verdict == verdict
    assert words in found.reason
    small = judged(model, model, "purchases", 100, (-3.0, -3.0), (105.0, 100.0, 5.0 / z))
    assert "chance" not in small.reason


def test_a_model_survives_the_file_and_others_are_refused(orders):
    model = stored(orders, START + timedelta(days=540))
    again = read_purchase_model(model.to_json())
    assert check_drift(again, orders).as_dict() == check_drift(model, orders).as_dict()
    with pytest.raises(ConfigError, match="is no model file"):
        read_purchase_model("{}", "m.json")
    with pytest.raises(ConfigError, match="ShiftedBetaGeometric, which is no model of purchases"):
        read_purchase_model(ShiftedBetaGeometric.from_parameters([1, 2]).to_json())
    with pytest.raises(ConfigError, match="say nothing of a model of"):
        check_drift(model, orders, as_of=START + timedelta(days=500))
    with pytest.raises(ConfigError, match="no order is of the model's time, up to 2"):
        check_drift(model, {**orders, "date": [day + timedelta(days=5_000) for day in orders["date"]]})
    for timeless in (MbgNbd.from_parameters([1, 2, 3, 4]), MbgNbd()):
        with pytest.raises(ConfigError, match="does not say of what time"):
            check_drift(timeless, orders)


def test_the_distance_of_two_fits_is_walds(orders):
    first, second = (BgNbd().fit(split(orders, START + timedelta(days=d)).calibration) for d in (400, 600))
    a, b = (np.log(list(m.parameters_.values())) for m in (first, second))
    inner = [
        m.covariance_ / np.outer(list(m.parameters_.values()), list(m.parameters_.values())) for m in (first, second)
    ]
    assert distance(first, second)[0] == pytest.approx((a - b) @ np.linalg.inv(sum(inner)) @ (a - b))
    assert distance(first, first) == (pytest.approx(0), pytest.approx(1))


# --- charts


def test_charts_take_the_tables_of_a_backtest(tested):
    of_model = [r for r in tested.deciles.to_pylist() if r["model"] == "mbg_nbd" and r["target"] == "purchases"]
    held = [{"model": r["model"], "coverage": r["coverage"]} for r in tested.scores.to_pylist() if r["coverage"]]
    weeks = pd.DataFrame({"week": [1, 2, 3], "foretold": [1.0, 2.0, 2.0], "came": [2.0, 1.0, 3.0]})
    counts = pd.DataFrame({"label": ["0", "1", "2+"], "foretold": [5.0, 3.0, 2.0], "came": [6, 2, 2]})
    made = [
        plots.calibration(pa.Table.from_pylist(of_model[:10])), plots.coverage(pd.DataFrame(held), level=0.9),
        plots.tracking(weeks), plots.tracking(weeks, cumulative=False), plots.frequency_histogram(counts),
        plots.conditional_expectation(counts),
    ]  # fmt: skip
    assert all(chart.to_dict()["$schema"].endswith(".json") for chart in made)
    data = [next(iter(chart.to_dict()["datasets"].values())) for chart in made[2:4]]
    assert [[r["value"] for r in rows if r["what"] == "came"] for rows in data] == [[2.0, 3.0, 6.0], [2.0, 1.0, 3.0]]


def test_the_level_of_coverage_is_seen_over_the_bars():
    held = pd.DataFrame({"model": ["mbg_nbd"], "coverage": [0.95]})
    for of in ("customers", "contracts"):
        drawn = plots.coverage(held, level=0.9, of=of).to_dict()
        bars, *lines = (layer["mark"] for layer in _layers(drawn))
        assert bars["opacity"] < 0.6
        assert [(line["color"], line["strokeWidth"]) for line in lines] == [("white", 6), (plots.CAME, 3)]
        title = next(_layers(drawn))["encoding"]["x"]["title"]
        assert title == f"Share of {of} within their intervals: 90% at least"


def _layers(drawn):
    for layer in drawn["layer"]:
        yield from _layers(layer) if "layer" in layer else [layer]


def test_tracking_ends_with_all_repeat_purchases_of_the_customers_known_then(tested, orders):
    origin = row(tested, "mbg_nbd")["origin"]
    known = orders[orders["date"] <= origin]["customer"].unique()
    days = orders[orders["customer"].isin(known)].drop_duplicates(["customer", "date"])
    weeks = [r for r in tested.tracking.to_pylist() if r["origin"] == origin and r["model"] == "mbg_nbd"]
    whole = days[days["date"] <= weeks[-1]["ends_on"]]
    assert sum(r["came"] for r in weeks) == len(whole) - len(known)
    assert sum(r["foretold"] for r in weeks) == pytest.approx(len(whole) - len(known), rel=0.1)
    up_to = sum(r["came"] for r in weeks if r["ends_on"] <= origin)
    assert up_to <= (days["date"] <= origin).sum() - len(known)


def test_frequencies_and_conditional_means_are_those_of_the_customers(tested, orders):
    origin = row(tested, "mbg_nbd")["origin"]
    counted = split(orders, origin)
    repeats = np.minimum(counted.calibration["frequency"].to_numpy(), 7)
    found = [r for r in tested.frequencies.to_pylist() if r["origin"] == origin and r["model"] == "mbg_nbd"]
    assert [r["came"] for r in found] == np.bincount(repeats, minlength=8).tolist()
    assert sum(r["foretold"] for r in found) == pytest.approx(len(repeats))
    means = {r["label"]: r["came"] for r in tested.conditional("mbg_nbd", origin).to_pylist()}
    assert means["0"] == pytest.approx(counted.holdout["purchases"].to_numpy()[repeats == 0].mean())


def test_the_plot_holds_six_charts_of_the_best_model_or_of_the_one_that_is_asked_for(tested):
    drawn = json.loads(tested.plot().to_json())
    assert len(drawn["vconcat"]) == 6
    assert drawn["title"].startswith("mbg_nbd, foretold at ")
    with pytest.raises(UnknownNameError, match="challenger"):
        tested.plot("challenger")
    with pytest.raises(UnknownNameError, match="origin"):
        tested.plot(origin=START)


# --- the choice in a run


def test_a_run_that_selects_names_its_model_and_says_why(orders, world):
    world.engine.put("planted", pa.Table.from_pandas(orders, preserve_index=False))
    world.add_all(
        "orders",
        "SELECT 'shop' AS system, CAST(ROW_NUMBER() OVER (ORDER BY customer, date) AS VARCHAR) AS id, "
        "customer AS party_id, date AS ordered_on, amount, amount AS reporting_amount FROM planted",
    )
    view_lines(world.engine)
    name, note = choose_model(world.engine, "week", START + timedelta(days=DAYS))
    assert name in CANDIDATES
    assert note.startswith(tuple(f"{title(name)} is {how}" for how in ("best", "kept", "taken")))
    assert "standard error" in note or note.endswith("with no more than 0.1% between them")


def foretold(actual, said):
    rows = [
        {"origin": START, "model": m, "customer": f"c{i}", "purchases": p, "actual_purchases": a}
        for m, all_said in said.items()
        for i, (p, a) in enumerate(zip(all_said, actual, strict=True))
    ]
    nothing = pa.table({})
    return Backtest(nothing, nothing, pa.Table.from_pylist(rows), nothing, nothing)


@pytest.mark.parametrize(
    ("lead", "words"),
    [
        (
            0.0,
            "MBG/NBD is taken, and BG/NBD is as good: the squared error of a customer's purchases is 0.2500, ",
        ),
        (0.0004, "MBG/NBD is taken, and BG/NBD is as good: "),
        (
            0.9,
            "BG/NBD is best: the squared error of a customer's purchases is 0.002500, 0.247500 less than",
        ),
    ],
)
def test_the_default_is_kept_unless_another_leads_by_more_than_next_to_nothing(lead, words):
    """Ten customers buy once or never; one model foretells a half of all, the other comes closer by the lead."""
    actual = np.arange(10) % 2.0
    choice = select(foretold(actual, {"mbg_nbd": np.full(10, 0.5), "bg_nbd": 0.5 + (actual - 0.5) * lead}))
    assert choice.best == ("bg_nbd" if lead > 0.1 else "mbg_nbd")
    assert str(choice).startswith(words)


@pytest.mark.parametrize(("closer", "best"), [(8, "mbg_nbd"), (9, "bg_nbd")])
def test_the_default_is_kept_unless_another_leads_by_two_standard_errors(closer, best):
    """Of ten customers the other model foretells so many by a half better, and the others by a half worse."""
    said = np.where(np.arange(10) < closer, 0.5, 1.5)
    choice = select(foretold(np.zeros(10), {"mbg_nbd": np.ones(10), "bg_nbd": said}))
    behind = choice.table.to_pylist()[1]
    errors = behind["behind"] / behind["standard_error"]
    assert (best == "bg_nbd") == (errors > 2)
    assert choice.best == best


def test_too_few_orders_leave_the_default_and_say_so(world):
    world.order("ann", "2026-06-02", 10)
    view_lines(world.engine)
    name, note = choose_model(world.engine, "week", date(2026, 6, 30))
    assert name == "mbg_nbd"
    assert note.startswith("not chosen by a backtest: ")
