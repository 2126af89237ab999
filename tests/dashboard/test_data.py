"""What the pages ask: discounting, consensus and settings, against numbers worked out by hand."""

import subprocess
import sys
from datetime import date
from decimal import Decimal

import pytest

from valuekit.dashboard import data
from valuekit.dashboard.data import Scenario
from valuekit.engine import Engine
from valuekit.errors import EngineError, UnknownNameError
from valuekit.snapshot import Snapshot
from valuekit.tables import PUBLISHED

YEARS = {f"year_{y}": 0.0 for y in range(1, 11)}


def cube(engine: Engine, *rows: dict[str, object]) -> None:
    engine.make_empty(PUBLISHED["cube"])
    engine.make_empty(PUBLISHED["ltv"])
    for row in rows:
        names = ", ".join(f'"{n}"' for n in row)
        engine.execute(f"INSERT INTO cube ({names}) VALUES ({', '.join(f'${n}' for n in row)})", row)


def values(engine: Engine, scenario: Scenario) -> dict[str, Decimal]:
    return dict(engine.rows(data.value_sql(scenario)))


def test_a_year_is_discounted_from_its_middle_or_its_end() -> None:
    with Engine() as engine:
        cube(engine, {"party_id": "a", "stream": "revenue", **YEARS, "year_1": 110.0, "year_2": 121.0})
        # 110 / 1.1 + 121 / 1.21 = 200; mid-year is half a year's interest more: 200 * sqrt(1.1) = 209.7618
        assert values(engine, Scenario(2, 0.10, "end_of_year")) == {"a": Decimal("200.0000")}
        assert values(engine, Scenario(2, 0.10, "mid_year")) == {"a": Decimal("209.7618")}


def test_a_stream_that_is_off_takes_away_exactly_its_own_value() -> None:
    with Engine() as engine:
        cube(engine, {"party_id": "a", "stream": "revenue", **YEARS, "year_1": 100.0},
             {"party_id": "a", "stream": "support", **YEARS, "year_1": -30.0})  # fmt: skip
        assert values(engine, Scenario(1, 0.0)) == {"a": Decimal("70.0000")}
        assert values(engine, Scenario(1, 0.0, off=("support",))) == {"a": Decimal("100.0000")}


def test_the_published_value_is_the_scenario_of_the_run(subscription: Snapshot) -> None:
    with subscription.engine() as engine:
        now = data.value_sql(data.settings(subscription.manifest).value)
        apart = f"SELECT MAX(ABS(now.ltv - ltv.ltv)) FROM ({now}) AS now JOIN ltv USING (party_id)"
        assert engine.scalar(apart) <= Decimal("0.0008")  # one last digit for each of eight streams


@pytest.mark.parametrize(
    "scenario", [Scenario(), Scenario(1, 0.0), Scenario(10, 0.085, "end_of_year", off=("support", "advocacy"))]
)
def test_a_scenario_from_the_prepared_tables_is_the_batch_value_of_every_party(
    scenario: Scenario, subscription: Snapshot
) -> None:
    with subscription.engine() as engine:
        data.prepare_values(engine, ["active", "inactive"])
        made = data.make_values(engine, scenario)
        assert dict(engine.rows(f'SELECT party_id, ltv FROM "{made}"')) == values(engine, scenario)
        engine.drop(made)


def test_the_front_end_starts_without_the_libraries_that_fit_models() -> None:
    heavy = {"scipy", "sklearn", "statsmodels", "lifetimes", "mlflow"}
    asked = f"import sys, valuekit.dashboard; print(sorted({heavy} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_the_consensus_counts_only_the_measures_with_a_weight(subscription: Snapshot) -> None:
    with subscription.engine() as engine:
        found = data.consensus(engine, {"most_profitable": 1.0}, most=5)
        best = "SELECT party_id FROM rankings WHERE measure = 'most_profitable' ORDER BY rank LIMIT 5"
        assert list(found["party_id"]) == [p for (p,) in engine.rows(best)]
        assert list(found["measures"]) == [1] * 5


@pytest.mark.parametrize("recent", [True, False])
def test_the_whale_curve_ends_at_the_net_cash_of_the_parties(recent: bool, subscription: Snapshot) -> None:
    with subscription.engine() as engine:
        found, curve = data.whale(engine, date(2025, 7, 1), recent=recent)
        net = engine.scalar(f"SELECT SUM({'net_cash_12m' if recent else 'net_cash'}) FROM cash")
    assert found.total == net
    assert found.peak + found.losses == net
    assert curve["cumulative"].iloc[-1] == float(net)
    assert curve["cumulative"].max() == float(found.peak)


def test_settings_come_from_the_configuration_of_the_run(subscription: Snapshot) -> None:
    found = data.settings(subscription.manifest)
    assert found.value == Scenario(3, 0.10, "mid_year")
    assert found.top_n == 20
    assert found.weights == {}


def test_a_question_that_does_not_exist_is_named(subscription: Snapshot) -> None:
    with (
        subscription.engine() as engine,
        pytest.raises(UnknownNameError, match=r"there is no step 'stagse'.*'stages'"),
    ):
        data.ask(engine, "overview", "stagse")


def test_an_engine_error_becomes_one_sentence_with_advice() -> None:
    with Engine() as engine, pytest.raises(EngineError, match=r"overview, stages: .*The snapshot may be damaged"):
        data.ask(engine, "overview", "stages")


def test_money_comes_as_number_and_days_as_dates() -> None:
    with Engine() as engine:
        found = data.plain(engine.query("SELECT 1.50::DECIMAL(18,4) AS m, SUM(2) AS n, DATE '2026-06-30' AS d"))
        assert [str(t) for t in found.dtypes[["m", "n"]]] == ["float64", "int64"]
        assert data.plain(engine.query("SELECT 6023.86::DECIMAL(18,4) AS m"))["m"].tolist() == [6023.86]
        assert str(found["d"].dtype).startswith("datetime64")
