"""A configuration is read as it is meant, or the message says where it is wrong."""

import json
from datetime import date
from pathlib import Path

import pytest

from valuekit.config import ColumnMap, Config, Source, builtin_config, json_schema, load_config
from valuekit.config.sections import Ltv
from valuekit.errors import ConfigError, InputError, UnknownNameError
from valuekit.ltv import ValueRules

ROOT = Path(__file__).parents[1]

GOOD = """\
company:
  name: No Ltd
  currency: EUR
paths:
  log: exports/orders.csv
sources:
  - table: records
    system: shop
    file: records.csv
  - table: orders
    system: shop
    file: "{log}"
    columns:
      id: number
      ordered_on: {column: day, format: "%d.%m.%Y"}
      amount: {expression: price * pieces}
      currency: {constant: EUR}
as_of: 2024-06-30
ltv:
  horizon_years: 3
"""


@pytest.fixture
def load(tmp_path):
    def loaded(text: str, *overrides: str) -> Config:
        (tmp_path / "shop.yaml").write_text(text, encoding="utf-8")
        return load_config(tmp_path / "shop.yaml", overrides)

    return loaded


def message(load, text: str, *overrides: str) -> str:
    with pytest.raises(ConfigError) as caught:
        load(text, *overrides)
    return str(caught.value)


def test_values_and_defaults_become_a_typed_configuration(load):
    config = load(GOOD)
    assert (config.company.currency, config.as_of, config.ltv.discount_rate) == ("EUR", date(2024, 6, 30), 0.10)
    orders = config.sources[1].columns
    assert orders["id"] == "number"
    assert orders["ordered_on"] == ColumnMap(column="day", format="%d.%m.%Y")


def test_a_monthly_rate_is_a_yearly_one_that_compounds(load):
    ltv = load(GOOD, "ltv.discount_rate_monthly=0.01").ltv
    assert ltv.discount_rate == pytest.approx(0.12682503, abs=1e-8)
    assert type(ltv).model_validate(ltv.model_dump()) == ltv
    with pytest.raises(ConfigError, match="`discount_rate` or `discount_rate_monthly`, not both"):
        load(GOOD, "ltv.discount_rate_monthly=0.01", "ltv.discount_rate=0.1")


def test_defaults_of_the_value_model_are_those_of_its_rules():
    settings, rules = Ltv(), ValueRules()
    assert (settings.horizon_years, settings.discount_rate) == (rules.horizon.years, rules.discount.annual_rate)
    assert settings.timing == rules.discount.timing
    assert settings.referral_half_life_days == rules.half_life_days
    same = (
        "time_unit", "purchase_model", "unmatched_returns", "renewal_model", "expansion", "receivables", "uncontracted",
    )  # fmt: skip
    assert {name: getattr(settings, name) for name in same} == {name: getattr(rules, name) for name in same}


def test_no_and_off_are_words_as_yaml_1_2_says(load):
    assert load(GOOD.replace("No Ltd", "no")).company.name == "no"


def test_names_of_paths_are_filled_in(load):
    assert load(GOOD).sources[1].file == "exports/orders.csv"


def test_an_unknown_name_of_a_path_is_told_with_its_line(load):
    said = message(load, GOOD.replace("{log}", "{lgo}"))
    assert said.endswith("shop.yaml:12: there is no entry of `paths` 'lgo'. Did you mean 'log'?")


# --- overrides


def test_overrides_go_before_the_file_and_are_read_as_yaml(load):
    config = load(
        GOOD, "ltv.horizon_years=5", "as_of=2024-05-31", "cashflow.assumed_cost_of_goods=0.4", "ltv.off=[advocacy]"
    )
    assert (config.ltv.horizon_years, config.as_of, config.cashflow.assumed_cost_of_goods) == (
        5,
        date(2024, 5, 31),
        0.4,
    )
    assert config.ltv.off == ["advocacy"]


def test_an_override_reaches_into_a_list(load):
    assert load(GOOD, "sources.0.system=crm").sources[0].system == "crm"


def test_paths_in_overrides_start_from_the_working_folder(load, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    config = load(GOOD, "paths.log=new.csv", "sources.0.file=package:shop/records.csv")
    assert [s.file for s in config.sources] == ["package:shop/records.csv", str(tmp_path / "new.csv")]


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("ltv.horizon_years", "--set ltv.horizon_years: expected key=value, such as ltv.horizon_years=5."),
        ("=5", "expected key=value"),
        ("ltv..off=1", "expected key=value"),
        ("sources.7.system=crm", "'7' is no item of a list of 2; the first is 0."),
        ("sources.first.system=crm", "'first' is no item of a list of 2"),
        ("company.name.first=x", "there is nothing below 'No Ltd' to set 'first' in."),
        ("ltv.horizon_years=[1", "the value is no YAML. Put it in quotes."),
        ("ltv.horizon=5", "--set ltv.horizon=5: there is no key 'horizon' here. Did you mean 'horizon_years'?"),
        ("ltv.horizon_years=50", "--set ltv.horizon_years=50: 'ltv.horizon_years' is 50, expected it to be less than"),
        ("as_of=2024-13-01", "--set as_of=2024-13-01"),
        ("lifecycle.renewal_days=99999999999", "is 99999999999, expected it to be less than or equal to 36525"),
        ("lifecycle.movements.past_due_days=40000", "is 40000, expected it to be less than or equal to 36525"),
        ("identity.matching.join_above=0.3", "expected `review_above` (0.6) to be at most `join_above`"),
    ],
)
def test_a_wrong_override_is_named(override, words, load):
    assert words in message(load, GOOD, override)


# --- what is wrong, and where


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("horizon_years: 3", "horizon_year: 3", 20, "no key 'horizon_year' here. Did you mean 'horizon_years'?"),
        ("    system: shop\n    file: r", "    sistem: shop\n    file: r", 8, "there is no key 'sistem' here."),
        ("{column: day", "{colum: day", 15, "there is no key 'colum' here. Did you mean 'column'?"),
        ("ltv:", "ltvv:", 19, "there is no key 'ltvv' here. Did you mean 'ltv'?"),
        ("horizon_years: 3", "horizon_years: 0", 20, "is 0, expected it to be greater than or equal to 1"),
        ("horizon_years: 3", "horizon_years: true", 20, "is True, expected it to be a number"),
        ("horizon_years: 3", "horizon_years: three", 20, "is 'three', expected it to be a valid integer"),
        ("horizon_years: 3", "horizon_years:", 20, "is empty, expected it to be a valid integer"),
        ("horizon_years: 3", "discount_rate: 10", 20, "is 10, expected it to be less than or equal to 1"),
        ("horizon_years: 3", "timing: yearly", 20, "expected it to be 'mid_year' or 'end_of_year'"),
        ("currency: EUR\npaths", "currency: Euro\npaths", 3, "'company.currency' is 'Euro', expected it to match"),
        ("as_of: 2024-06-30", "as_of: 9999-12-31", 18, "is 9999-12-31, expected it to be less than or equal to 2200"),
        ("as_of: 2024-06-30", "as_of: 2024-06-30 10:00:00", 18, "is 2024-06-30 10:00:00, expected it to be a date"),
        ("as_of: 2024-06-30", "output:", 18, "'output' is empty, expected it to be a valid path."),
        ("as_of: 2024-06-30", "engine: {memory_limit: lots}", 18, "is 'lots', expected it to match"),
        ("    columns:", "    encoding: base64\n    columns:", 13, "there is no encoding 'base64'"),
        ("as_of: 2024-06-30", "as_of: soon", 18, "'as_of' is 'soon', expected it to be a date such as"),
        ("table: orders", "table: order", 10, "there is no canonical table 'order'. Did you mean 'orders'?"),
        ("amount: {e", "amuont: {e", 16, "there is no column of orders 'amuont'. Did you mean 'amount'?"),
        ("{constant: EUR}", "{constant: EUR, column: x}", 17, "exactly one of column, any_of, constant and expression"),
        ("{constant: EUR}", "[EUR]", 17, "'sources.1.columns.currency' is ['EUR'], expected it to be"),
        ('    file: "{log}"\n', "", 10, "expected either `file` or `database`"),
        ('    file: "{log}"\n', "    database: a.db\n", 10, "expected `database` together with `query`"),
        ("    columns:", "    encoding: utf-88\n    columns:", 13, "no encoding 'utf-88'. Did you mean 'utf-8'?"),
        ("    columns:", "    collapse_by: [system, idd]\n    columns:", 13, "there is no column of orders 'idd'."),
        ("    columns:", "    header: 5\n    columns:", 13, "'sources.1.header' is 5, expected it to be a"),
        ("  name: No Ltd\n", "", 1, "'company' lacks 'name'."),
    ],
)  # fmt: skip
def test_a_wrong_value_is_told_with_its_line_what_stands_there_and_what_is_expected(old, new, line, words, load):
    assert old in GOOD
    said = message(load, GOOD.replace(old, new))
    assert f"shop.yaml:{line}: " in said
    assert words in said


def test_everything_that_is_wrong_is_told_at_once(load):
    said = message(
        load, GOOD.replace("horizon_years: 3", "horizon_years: 0").replace("currency: EUR\npaths", "currency: E\npaths")
    )
    first, second = said.splitlines()
    assert "shop.yaml:3: 'company.currency'" in first
    assert "shop.yaml:20: 'ltv.horizon_years'" in second


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "shop.yaml: is empty."),
        ("# nothing\n", "shop.yaml: is empty."),
        ("- a\n- b\n", "shop.yaml:1: holds a list at the top, expected keys"),
        ("company\n", "shop.yaml:1: holds one value at the top"),
        ("company: {name: A, currency: EUR}\n", "shop.yaml:1: the configuration: expected `sources` or `products`"),
        ("company:\n  name: A\n  name: B\n", 'shop.yaml:3: found duplicate key "name" with value "B"'),
        ("company: [a\nb: c\n", "shop.yaml:2: expected ',' or ']', but got ':'."),
        ("company:\n\tname: A\n", "shop.yaml:2: found character '\\t' that cannot start any token."),
        ("company: *a\n", "shop.yaml:1: found undefined alias 'a'."),
        ("a: 1\n---\nb: 2\n", "shop.yaml:2: but found another document."),
        ("as_of: 2024-13-45\n", "shop.yaml: is no YAML: month must be in 1..12."),
    ],
)  # fmt: skip
def test_a_file_that_is_no_configuration_is_told(text, words, load):
    assert words in message(load, text)


def test_a_missing_file_names_those_that_are_there(tmp_path):
    (tmp_path / "shop.yaml").touch()
    with pytest.raises(
        InputError, match=r"shp\.yaml: there is no such configuration file\. In that folder: shop\.yaml\."
    ):
        load_config(tmp_path / "shp.yaml")


def test_a_folder_or_a_file_in_another_encoding_is_told(tmp_path):
    with pytest.raises(InputError, match="cannot be read: Is a directory"):
        load_config(tmp_path)
    (tmp_path / "shop.yaml").write_bytes("company: {name: Zoë}".encode("latin-1"))
    with pytest.raises(InputError, match="is not text in UTF-8"):
        load_config(tmp_path / "shop.yaml")


# --- what comes with valuekit


@pytest.mark.parametrize("path", sorted((ROOT / "configs").glob("*.yaml")), ids=lambda p: p.stem)
def test_every_configuration_of_the_project_loads(path):
    assert builtin_config(path.stem) == path
    assert load_config(path).sources


def test_an_unknown_built_in_configuration_names_those_that_there_are():
    with pytest.raises(UnknownNameError, match=r"there is no built-in configuration 'cdno'\. Did you mean 'cdnow'\?"):
        builtin_config("cdno")


def test_the_schema_file_is_the_schema_of_the_code():
    assert json.loads((ROOT / "docs" / "config.schema.json").read_text(encoding="utf-8")) == json_schema()


def test_every_key_of_the_schema_is_described():
    schema = json_schema()
    sections = {"Config": schema, **schema["$defs"]}
    undescribed = [
        f"{name}.{key}"
        for name, section in sections.items()
        for key, value in section.get("properties", {}).items()
        if not value.get("description")
    ]
    assert undescribed == []


def test_a_built_in_definition_is_changed_in_part(load):
    definitions = load(GOOD + "lifecycle: {definitions: {sales: {system: shop}}}\n").lifecycle.definitions
    assert definitions["sales"].model_dump(exclude_unset=True) == {"system": "shop"}


def test_a_source_made_in_code_is_checked_too():
    with pytest.raises(ValueError, match=r"Did you mean 'payments'\?"):
        Source(table="paymens", system="shop", file="a.csv")
