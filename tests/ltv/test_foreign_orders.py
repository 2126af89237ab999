"""Tables of orders as strangers have them: each is read right, or refused with what, how many, an example, advice."""

from datetime import date

import numpy as np
import pandas as pd
import polars
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from valuekit.engine import Engine
from valuekit.errors import ConfigError, ContractError, EngineError, InputError, UnknownNameError, ValuekitError
from valuekit.ltv import Discount, Horizon, backtest_orders, split, summarise, value_orders
from valuekit.ltv.origins import origin_days


def orders(count=60):
    rng = np.random.default_rng(5)
    days = pd.Timestamp("2025-01-01 23:30") + pd.to_timedelta(rng.integers(0, 300, count), unit="D")
    columns = {"customer": rng.integers(0, 20, count).astype(str), "date": days, "amount": rng.gamma(2, 20, count)}
    return pd.DataFrame(columns).round({"amount": 2})


PLAIN = orders()
TOKYO = pa.Table.from_pandas(PLAIN)
TOKYO = TOKYO.set_column(1, "date", pc.assume_timezone(TOKYO["date"], "Asia/Tokyo"))


class Plan:
    """A table that is yet to be computed, as lazy frames are."""

    columns = ("customer", "date", "amount")


class Stream:
    def __init__(self, table):
        self.table = table

    def __arrow_c_stream__(self, requested_schema=None):
        return self.table.__arrow_c_stream__(requested_schema)


@pytest.mark.parametrize(
    "foreign",
    [
        PLAIN.assign(date=PLAIN.date.dt.strftime("%Y-%m-%d")),
        PLAIN.assign(date=PLAIN.date.dt.strftime("%Y-%m-%dT%H:%M:%S-05:00")),
        PLAIN.assign(date=PLAIN.date.dt.tz_localize("America/New_York")),
        PLAIN.assign(date=PLAIN.date.dt.date, amount=PLAIN.amount.astype(str)),
        PLAIN.assign(customer=PLAIN.customer.astype("category")),
        PLAIN.assign(customer=PLAIN.customer.astype(int)),
        PLAIN.assign(customer=[name + " " * (row % 2) for row, name in enumerate(PLAIN.customer)]),
        PLAIN.assign(customer=["\u3000" * (row % 2) + name for row, name in enumerate(PLAIN.customer)]),
        TOKYO,
        pa.RecordBatch.from_pandas(PLAIN),
        Stream(pa.Table.from_pandas(PLAIN)),
        polars.from_pandas(PLAIN),
        polars.from_pandas(PLAIN).with_columns(polars.col("customer").cast(polars.Categorical)),
        PLAIN.assign(amount=PLAIN.amount.astype(pd.SparseDtype(float))),
    ],
    ids=[
        "text",
        "text with zone",
        "zone",
        "dates and text",
        "category",
        "numbers",
        "space after",
        "wide space",
        "arrow with zone",
        "batch",
        "stream",
        "polars",
        "polars category",
        "sparse",
    ],
)
def test_the_same_orders_in_another_shape_are_the_same(foreign):
    assert summarise(foreign).equals(summarise(PLAIN))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"date": PLAIN.date.dt.strftime("%m/%d/%Y")}, "60 of 60 rows have no date.*such as.*Write days as"),
        ({"date": PLAIN.date.dt.strftime("%d-%m-%y")}, "60 of 60 rows have no date.*such as '01-..-25'"),
        ({"date": [pd.Timestamp("1970-01-01"), *PLAIN.date[1:]]}, "first day is 1970-01-01, and the one after it 2025"),
        ({"amount": "0,29"}, "no amount that is a number in column amount, such as '0,29'"),
        ({"amount": 1e20}, "below 1e14"),
        (
            {"amount": 3e-5},
            "60 of 60 amounts would lose more than a thousandth of themselves, such as '3e-05'.*smaller",
        ),
        ({"customer": ["", " ", *PLAIN.customer[2:]]}, "2 of 60 rows have no customer"),
        ({"customer": [np.nan, *PLAIN.customer[1:].astype(float)]}, "1 of 60 rows have no customer"),
        ({"amount": -PLAIN.amount}, "all 60 amounts are below 0.*Turn the sign"),
        ({"date": [pd.Timestamp("2099-01-01"), *PLAIN.date[1:]]}, "last day is 2099-01-01, and the one before it 2025"),
    ],
)
def test_rows_that_cannot_be_right_are_counted(change, says):
    for read in (summarise, value_orders):
        with pytest.raises(ContractError, match=says):
            read(PLAIN.assign(**change))


@pytest.mark.parametrize("wrong", ["2099-01-01", "1970-01-01"])
def test_a_day_far_from_all_others_is_believed_when_it_is_stated(wrong):
    far = PLAIN.assign(date=[pd.Timestamp(wrong), *PLAIN.date[1:]])
    assert summarise(far, as_of=date(2025, 12, 31)).num_rows <= 20


@pytest.mark.parametrize("as_of", [date(2500, 12, 31), date(9999, 12, 31)])
def test_nothing_is_expected_of_customers_who_have_been_silent_for_centuries(as_of):
    found = value_orders(orders(400).assign(customer=np.arange(400) % 120), as_of=as_of)
    assert not found.models[0].stated
    assert found.table["value"].to_pylist() == found.table["high"].to_pylist() == [0] * 120


def test_a_grain_that_there_is_not_is_refused():
    with pytest.raises(UnknownNameError, match="no grain 'week'"):
        summarise(PLAIN, grain="week")


@pytest.mark.parametrize("name", [int, str])
def test_a_column_may_have_a_number_for_a_name(name):
    bare = PLAIN.set_axis([0, 1, 2], axis=1)
    names = {"customer": name(0), "date": name(1), "amount": name(2)}
    for given in (bare, {key: bare[key] for key in bare}):
        assert summarise(given, **names).equals(summarise(PLAIN))
    with pytest.raises(UnknownNameError, match=r"no column for the order '7'"):
        summarise(bare, **names, order=name(7))
    with pytest.raises(InputError, match="several columns '2'"):
        summarise(bare.assign(**{"2": 1}), **names)


@pytest.mark.parametrize("role", ["customer", "date", "amount"])
def test_a_column_that_must_be_there_is_named(role):
    with pytest.raises(ConfigError, match=f"no column is named for the {role}. Say which column it is: {role}="):
        summarise(PLAIN, **{role: None})


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ([1, "1", None, 2], r"2 int such as 1, 1 str such as '1'\. Make all its values numbers, days, or text"),
        ([1.5, "b", float("nan"), "c"], r"2 str such as 'b', 1 float such as 1\.5\."),
        ([("x", 1), ("x", 2)], r"2 tuple such as \('x', 1\)\."),
        ([2**70, 1], "2 int such as 1180591620717411303424"),
    ],
)
@pytest.mark.parametrize("column", ["customer", "amount"])
def test_values_of_several_types_are_counted(column, values, says):
    frame = PLAIN.iloc[: len(values)].assign(**{column: pd.Series(values, dtype=object)})
    given = [frame, frame.to_dict("list"), polars.DataFrame({"date": frame.date, "amount": 1, "customer": "c"})]
    given[2] = given[2].with_columns(polars.Series(column, values, dtype=polars.Object))
    for table in given:
        with pytest.raises(InputError, match=f"column {column} cannot be read as one type: {says}"):
            summarise(table)


def test_a_name_of_several_parts_is_none():
    with pytest.raises(InputError, match=r"column customer holds values of several parts \(varchar\[\]\)\. Make each"):
        summarise(PLAIN.iloc[:2].assign(customer=[("x", "y"), ("x", "z")]))
    with pytest.raises(InputError, match="column amount cannot be read: 'int' object is not iterable"):
        summarise(PLAIN.to_dict("list") | {"amount": 1})


def test_a_lazy_frame_is_refused_without_being_computed():
    with pytest.raises(InputError, match=r"this LazyFrame does not give its columns by name\. Collect it first"):
        summarise(polars.from_pandas(PLAIN).lazy())


def test_one_column_or_a_plan_is_no_table():
    with pytest.raises(InputError, match="this Series is no table of orders"):
        summarise(PLAIN.amount)
    with pytest.raises(InputError, match=r"this Plan does not give its columns by name\. Collect it first"):
        summarise(Plan())


@pytest.mark.parametrize("as_of", ["2025-08-01", pd.Timestamp("2025-08-01 12:00"), date(2025, 8, 1)])
def test_a_day_may_be_written_or_a_moment(as_of):
    assert summarise(PLAIN, as_of=as_of).equals(summarise(PLAIN, as_of=date(2025, 8, 1)))


@pytest.mark.parametrize(
    ("settings", "error", "says"),
    [
        ({"as_of": "August"}, ConfigError, "'August' is no day"),
        ({"as_of": 20250801}, ConfigError, "is no day"),
        ({"as_of": pd.NaT}, ConfigError, "'NaT' is no day"),
        ({"threads": -1}, EngineError, "at least one thread"),
        ({"memory_limit": "lots"}, EngineError, "Give memory as 4GB"),
        ({"as_of": date(2000, 1, 1)}, ContractError, "no order up to 2000-01-01"),
        ({"margin": float("nan")}, ConfigError, r"Write 40% as 0\.40"),
        ({"level": 80}, ConfigError, r"Write 80% as 0\.80"),
        ({"margin": "0.4"}, ConfigError, r"a margin of '0\.4' is outside 0 to 1"),
        ({"level": "80"}, ConfigError, "a level of '80' is outside 0 to 1"),
        ({"horizon": 30}, ConfigError, "outside 1 to 10"),
        ({"horizon": 2.5}, ConfigError, r"2\.5 is no whole number of years. Give 1 to 10"),
        ({"horizon": True}, ConfigError, "True is no whole number of years"),
        ({"horizon": "3"}, ConfigError, "'3' is no whole number of years"),
        ({"discount": 10}, ConfigError, r"Write 10% as 0\.10"),
        ({"discount": "10%"}, ConfigError, r"a discount rate of '10%' is outside"),
        ({"custommer": "id"}, UnknownNameError, "no setting 'custommer'. Did you mean 'customer'"),
        ({"unmatched_returns": "drop"}, UnknownNameError, "no policy of unmatched returns 'drop'"),
        ({"model": "mbgnbd"}, UnknownNameError, "Did you mean 'mbg_nbd'"),
    ],
)
def test_wrong_settings_are_refused(settings, error, says):
    with pytest.raises(error, match=says):
        value_orders(PLAIN, **settings)


@pytest.mark.parametrize(
    "few",
    [
        PLAIN.iloc[:1],
        PLAIN.assign(customer="x"),
        PLAIN.drop_duplicates("customer"),
        PLAIN.assign(date=pd.Timestamp("2025-03-01")),
        PLAIN.assign(amount=0),
        PLAIN.assign(amount=1e-4),
    ],
    ids=["one row", "one customer", "all once", "one day", "free", "next to nothing"],
)
def test_data_that_teach_nothing_leave_a_stated_prior_and_finite_values(few):
    with pytest.warns(UserWarning, match=r"a stated prior stands for a model: orders.purchases: .*[^.]\.$"):
        found = value_orders(few)
    values = found.table.to_pandas().drop(columns="customer")
    assert np.isfinite(values.to_numpy()).all()
    assert (values["low"] <= values["high"]).all()
    assert found.models[0].stated
    assert values["value"].sum() == pytest.approx(0, abs=0.01) or few["amount"].max() >= 1


def test_numbers_stand_for_a_horizon_and_a_rate():
    many = orders(400).assign(customer=np.arange(400) % 120)
    found = value_orders(many, horizon=5, discount=0.2).table
    assert found.equals(value_orders(many, horizon=Horizon(5), discount=Discount(0.2)).table)


def test_files_of_other_programs(tmp_path):
    def written(name, **settings):
        PLAIN.to_csv(tmp_path / name, index=False, **settings)
        return tmp_path / name

    encoded = [written("bom.csv", encoding="utf-8-sig"), written("wide.csv", encoding="utf-16")]
    for path in (written("tab.csv", sep="\t"), written("semi.csv", sep=";"), *encoded):
        assert summarise(path).equals(summarise(PLAIN))
    with pytest.raises(ContractError, match=r"comma\.csv: 60 of 60 rows have no amount"):
        summarise(written("comma.csv", sep=";", decimal=","))
    (tmp_path / "broken.parquet").write_text("no parquet")
    with pytest.raises(InputError, match=r"cannot be read.*UTF-8 CSV with a header, or as Parquet"):
        summarise(tmp_path / "broken.parquet")
    latin = PLAIN.assign(customer=["J\u00f6rg" if row == 7 else name for row, name in enumerate(PLAIN.customer)])
    latin.to_csv(tmp_path / "latin.csv", index=False, encoding="latin-1")
    with pytest.raises(InputError, match=r"1 of 60 rows cannot be read; row 8, 'J.*rg,.*does not decode as utf-8"):
        summarise(tmp_path / "latin.csv")


def test_two_columns_of_one_name_are_refused(tmp_path):
    twice = pd.concat([PLAIN, PLAIN[["amount"]]], axis=1)
    twice.to_csv(tmp_path / "twice.csv", index=False, sep=";")
    for given in (twice, tmp_path / "twice.csv"):
        with pytest.raises(InputError, match="several columns 'amount'"):
            summarise(given)


def test_files_without_a_header_or_anything_say_so(tmp_path):
    (tmp_path / "empty.csv").write_text("")
    with pytest.raises(InputError, match=r"empty\.csv: is empty"):
        summarise(tmp_path / "empty.csv")
    PLAIN.to_csv(tmp_path / "bare.csv", index=False, header=False)
    with pytest.raises(UnknownNameError, match=r"no column for the customer 'customer'\. Known: .*2025-"):
        summarise(tmp_path / "bare.csv")


@pytest.mark.parametrize("settings", [{"days": 0}, {"days": 90.5}, {"origins": 0}, {"origins": []}])
def test_a_backtest_of_nothing_is_refused(settings):
    with pytest.raises(ValuekitError, match="an origin and a day to foretell"):
        backtest_orders(PLAIN, **settings)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"origins": None}, "origins are days, or how many of them, not None"),
        ({"origins": 1.5}, "how many of them, not 1.5"),
        ({"origins": "2025-06-30"}, "how many of them, not '2025-06-30'"),
        ({"origins": -1}, "an origin and a day to foretell"),
        ({"origins": 9, "days": 10**6}, "reach back beyond the first day of the calendar"),
        ({"origins": [date(2025, 6, 30)], "days": 10**6}, "reach back beyond the first day of the calendar"),
        ({"models": None}, "models are a list of names, not None"),
        ({"models": [None]}, "no purchase model 'None'"),
        ({"models": "bgnbd"}, "no purchase model 'bgnbd'. Did you mean 'bg_nbd'"),
        ({"unit": None}, "no time unit 'None'"),
        ({"unit": ["week"]}, "no time unit"),
    ],
)
def test_settings_of_a_backtest_that_are_none_are_refused(settings, says):
    with pytest.raises(ConfigError, match=says):
        backtest_orders(PLAIN, **({"origins": 1, "days": 30} | settings))


def test_an_origin_that_is_given_twice_is_judged_once():
    days = [date(2025, 6, 30), "2025-06-30", date(2025, 5, 31)]
    assert origin_days(days, 30, "day", lambda n: date(2025, 7, n)) == [date(2025, 5, 31), date(2025, 6, 30)]


@pytest.mark.parametrize("name", [None, ["bg_nbd"]])
def test_a_model_that_is_no_name_is_no_model(name):
    with pytest.raises(UnknownNameError, match="no purchase model"):
        value_orders(PLAIN, model=name)


def test_an_origin_that_is_no_day_is_refused():
    with pytest.raises(ConfigError, match="'June' is no day"):
        backtest_orders(PLAIN, origins=["June"], days=30)


def test_names_with_space_around_them_that_come_later_are_those_of_before():
    cut = pd.Timestamp("2025-07-01")
    names = [f"{name} " if on > cut else name for name, on in zip(PLAIN.customer, PLAIN.date, strict=True)]
    spaced = PLAIN.assign(customer=names)
    assert split(spaced, cut.date()) == split(PLAIN, cut.date())
    assert summarise(spaced, log_gaps=True).equals(summarise(PLAIN, log_gaps=True))


def test_an_engine_that_is_lent_is_as_before_after_an_error():
    with Engine() as engine:
        engine.put("log", pa.table({"customer": ["ann", "ann"], "date": ["2026-01-05"] * 2, "amount": [1, 2]}))
        with pytest.raises(ContractError, match="more rows than days"):
            summarise("log", engine=engine, grain="day")
        assert summarise("log", engine=engine)["frequency"].to_pylist() == [0]
        assert set(engine.catalogue()) == {"log"}


def test_half_precision_is_read_as_it_is():
    short = PLAIN.assign(amount=PLAIN.amount.astype("float16"))
    assert summarise(short).equals(summarise(short.astype({"amount": "float64"})))


def test_a_type_that_the_engine_does_not_know_is_told():
    wide = pa.Table.from_pandas(PLAIN)
    wide = wide.set_column(2, "amount", wide["amount"].cast(pa.decimal256(60, 20), safe=False))
    with pytest.raises(InputError, match=r"orders: cannot be read: .*Decimal.*256.*Make all its values numbers"):
        summarise(wide)


def test_letters_that_did_not_decode_are_counted():
    torn = {"customer": ["M\udcfcller", "\ud800", "Ann"], "date": ["2025-01-01"] * 3, "amount": [1, 2, 3]}
    with pytest.raises(InputError, match=r"2 values of column customer are no whole text, such as 'M.udcfcller'"):
        summarise(torn)


def test_what_is_no_engine_is_told():
    with pytest.raises(ConfigError, match="a str is no engine"):
        summarise(PLAIN, engine="x")
