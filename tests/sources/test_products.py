"""The standard exports of Stripe, Salesforce, HubSpot and Zendesk, with the headers that those products write."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from valuekit import sources
from valuekit.config import Config, load_config
from valuekit.config.products import PRODUCTS, exports_of
from valuekit.engine import Engine
from valuekit.errors import ConfigError
from valuekit.tables import CANONICAL

EXPORTS = Path(__file__).parent / "exports"
"""Files with the headers that the products wrote in 2024 to 2026; the rows are made up."""

FOLDERS = {
    "stripe": {
        "customers": "customers.csv",
        "subscriptions": "subscriptions.csv",
        "invoices": "invoices.csv",
        "charges": "payments.csv",
    },
    "salesforce": {
        "accounts": "Account.csv",
        "contacts": "Contact.csv",
        "opportunities": "Opportunity.csv",
        "contracts": "Contract.csv",
    },
    "hubspot": {"companies": "hs-companies.csv", "contacts": "hs-contacts.csv", "deals": "hs-deals.csv"},
    "zendesk": {"organizations": "zd-orgs.csv", "tickets": "zd-tickets.csv"},
}


def config(*products, **settings):
    return Config.model_validate({"company": {"name": "x", "currency": "EUR"}, "products": list(products), **settings})


@pytest.fixture(scope="module")
def engine():
    chosen = config(*({"product": p, "files": files} for p, files in FOLDERS.items()))
    with Engine() as engine:
        sources.read(engine, chosen.all_sources, currency="EUR", base=EXPORTS, max_quarantined_share=0)
        yield engine


def rows(engine, sql):
    return engine.rows(sql)


def test_nothing_is_set_aside(engine):
    assert rows(engine, "SELECT * FROM quarantine WHERE severity = 'quarantine'") == []


def test_an_annual_subscription_is_a_term_of_twelve_months_at_quantity_times_price(engine):
    found = rows(engine, "SELECT amount, term_months, ends_on, auto_renew, currency FROM contracts WHERE id = 'sub_1'")
    assert found == [(Decimal(1200), 12, None, True, "EUR")]


def test_a_subscription_after_a_trial_starts_when_the_trial_ends_and_ends_the_day_before_it_ended(engine):
    found = rows(engine, "SELECT signed_on, starts_on, ends_on, cancelled_on FROM contracts WHERE id = 'sub_2'")
    assert found == [(date(2025, 2, 1), date(2025, 2, 15), date(2025, 5, 14), date(2025, 5, 1))]


def test_trials_are_engagements_and_no_contracts_until_they_convert(engine):
    assert rows(engine, "SELECT id FROM contracts WHERE system = 'stripe' ORDER BY id") == [("sub_1",), ("sub_2",)]
    assert rows(engine, "SELECT COUNT(*) FROM engagements WHERE kind = 'trial_start'") == [(3,)]


def test_the_words_of_the_provider_are_kept_for_the_status_map(engine):
    assert rows(engine, "SELECT DISTINCT status FROM statuses ORDER BY status") == [
        ("active",), ("canceled",), ("trialing",),
    ]  # fmt: skip


def test_invoices_come_without_tax_and_drafts_are_none(engine):
    found = rows(engine, "SELECT id, amount, status, contract FROM invoices ORDER BY id")
    assert found == [("in_1", Decimal(1200), "paid", "sub_1"), ("in_2", Decimal(33), "open", "sub_2")]


def test_a_refund_is_a_movement_of_its_own_and_a_failed_charge_is_none(engine):
    found = rows(engine, "SELECT id, kind, amount, paid_on FROM payments ORDER BY id")
    assert found == [
        ("ch_1", "payment", Decimal(1428), date(2025, 1, 3)),
        ("ch_2", "payment", Decimal("39.27"), date(2025, 2, 15)),
        ("ch_2 refund", "refund", Decimal("-39.27"), date(2025, 2, 20)),
    ]


def test_deleted_accounts_are_left_out_and_partners_are_no_buyers(engine):
    of_accounts = "system = 'salesforce' AND kind <> 'person'"
    found = rows(engine, f"SELECT record, role, parent FROM records WHERE {of_accounts} ORDER BY record")
    assert found == [("001A", None, None), ("001P", "partner", "001A")]


def test_people_stand_under_their_organisation_in_every_product(engine):
    found = rows(
        engine,
        "SELECT system, record, parent FROM records WHERE kind = 'person' AND parent IS NOT NULL ORDER BY system",
    )
    assert found == [
        ("hubspot", "contact 9001", "company 9001"),
        ("salesforce", "003A", "001A"),
        ("zendesk", "requester 20978392", "organization Bluebay Ltd"),
    ]


def test_open_deals_have_no_closing_day_whatever_is_hoped(engine):
    found = rows(engine, "SELECT id, status, closed_on FROM opportunities ORDER BY id")
    assert found == [
        ("006A", "won", date(2025, 1, 2)), ("006B", "open", None), ("006C", "lost", date(2025, 3, 2)),
        ("7001", "won", date(2024, 3, 1)), ("7002", "open", None), ("7003", "lost", date(2024, 3, 1)),
    ]  # fmt: skip


def test_a_deal_closed_before_it_was_entered_was_opened_on_the_day_it_closed(engine):
    assert rows(engine, "SELECT opened_on FROM opportunities WHERE id = '006C'") == [(date(2025, 3, 2),)]


def test_a_deal_belongs_to_its_first_company_or_else_to_its_first_contact(engine):
    found = rows(engine, "SELECT record FROM opportunities WHERE system = 'hubspot' ORDER BY id")
    assert found == [("company 9001",), ("contact 9002",), ("company 9001",)]


def test_a_draft_contract_is_not_signed(engine):
    found = rows(engine, "SELECT id, signed_on, amount FROM contracts WHERE system = 'salesforce' ORDER BY id")
    assert found == [("800A", date(2025, 1, 2), Decimal(1200)), ("800B", None, Decimal(0))]


def test_tickets_name_who_asked_and_deleted_ones_are_left_out(engine):
    found = rows(engine, "SELECT id, record, channel, closed_on FROM tickets ORDER BY id")
    assert found == [
        ("35436", "requester 20978392", "agent", date(2024, 5, 2)),
        ("35437", "requester 20978392", "agent", None),
    ]


def test_a_field_of_ones_own_takes_the_place_of_the_standard_one():
    chosen = config(
        {
            "product": "salesforce",
            "system": "crm",
            "files": {"accounts": "Account.csv", "contracts": "Contract.csv"},
            "columns": {"contracts": {"amount": {"constant": 42}}},
        }
    )
    with Engine() as engine:
        sources.read(engine, chosen.all_sources, currency="EUR", base=EXPORTS, max_quarantined_share=0)
        assert engine.rows("SELECT DISTINCT system, amount FROM contracts") == [("crm", Decimal(42))]


def test_the_currency_of_an_export_without_one_is_that_of_the_product_or_of_the_company():
    files = {"opportunities": "o.csv"}
    for stated, expected in ((None, "'EUR'"), ("USD", "'USD'")):
        product = {"product": "salesforce", "files": files} | ({"currency": stated} if stated else {})
        (source,) = config(product).all_sources
        assert expected in source.columns["currency"].expression


@pytest.mark.parametrize("product", PRODUCTS)
def test_every_mapping_names_tables_and_columns_that_exist(product):
    for entries in exports_of(product).values():
        for entry in entries:
            assert set(entry["columns"]) <= set(CANONICAL[entry["table"]].names)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("products: [{product: strype, files: {customers: c.csv}}]", "Did you mean 'stripe'"),
        ("products: [{product: stripe, files: {custmers: c.csv}}]", "Did you mean 'customers'"),
        ("products: [{product: stripe, files: {}}]", "files"),
        ("products: []", "nothing says where the rows come from"),
    ],
)
def test_what_is_wrong_with_a_product_is_said_with_its_line(tmp_path, text, message):
    path = tmp_path / "c.yaml"
    path.write_text(f"company: {{name: x, currency: EUR}}\n{text}\n")
    with pytest.raises(ConfigError, match=message):
        load_config(path)


def test_paths_fill_the_files_of_products(tmp_path):
    path = tmp_path / "c.yaml"
    path.write_text(
        "company: {name: x, currency: EUR}\npaths: {data: exports}\n"
        "products: [{product: stripe, files: {customers: '{data}/c.csv'}}]\n"
    )
    assert load_config(path).all_sources[0].file == "exports/c.csv"
