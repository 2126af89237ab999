"""What a company may say about sharing out cost, and what it is told where that cannot be."""

from decimal import Decimal

import pytest

from pipelines.steps import _activity
from valuekit import cashflow
from valuekit.config import Cashflow, load_config
from valuekit.config.cashflow import ActivityConfig
from valuekit.errors import ConfigError

HEAD = """\
company: {name: No Ltd, currency: EUR}
sources: [{table: records, system: shop, file: records.csv}]
cashflow:
"""


@pytest.fixture
def load(tmp_path):
    def loaded(text: str) -> Cashflow:
        (tmp_path / "shop.yaml").write_text(HEAD + text, encoding="utf-8")
        return load_config(tmp_path / "shop.yaml", []).cashflow

    return loaded


def test_time_equations_and_pools_that_name_them(load):
    settings = load(
        "  activities:\n    order: {of: orders, minutes: 8, extra: [{minutes: 2 * 5, when: amount > 9}]}\n"
        "  pools: {desk: {activities: [order], capacity_minutes: 700}}\n"
    )
    assert settings.pools["desk"].activities == ["order"]
    assert settings.pools["desk"].capacity_minutes == Decimal(700)
    order = _activity(settings.activities["order"])
    assert order == cashflow.Activity("orders", "8.0", extra=(cashflow.Extra("2 * 5", "amount > 9"),))


def test_defaults_are_linear_and_apart(load):
    settings = load("  pools: {desk: {driver: tickets}}\n")
    assert (settings.attribution, settings.acquisition_cost_of_the_lost) == ("linear", "apart")
    assert settings.attribution_look_back_days == cashflow.Attribution().look_back_days
    assert settings.attribution_half_life_days == cashflow.Attribution().half_life_days


def test_every_table_of_work_can_be_named():
    work = ActivityConfig.model_fields["of"].annotation
    assert work.__args__ == cashflow.activities.TIMED


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("  pools: {desk: {activities: [anser]}}\n  activities: {answer: {of: tickets, minutes: 1}}\n",
         "there is no activity 'anser'. Did you mean 'answer'?"),
        ("  pools: {desk: {driver: tickets, activities: [a]}}\n  activities: {a: {of: tickets, minutes: 1}}\n",
         "expected `driver` or `activities`, not both"),
        ("  pools: {desk: {}}\n", "expected `driver`, `activities` or `capacity_minutes`"),
        ("  pools: {desk: {capacity_minutes: 0}}\n", "greater than 0"),
        ("  activities: {a: {of: tickets, minutes: -1}}\n", "greater than or equal to 0"),
        ("  activities: {a: {of: tikets, minutes: 1}}\n", "'tickets'"),
        ("  attribution: middle\n", "'time_decay'"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_said_with_its_line(load, text, message):
    with pytest.raises(ConfigError) as caught:
        load(text)
    assert message in str(caught.value)
    assert "shop.yaml:" in str(caught.value)
