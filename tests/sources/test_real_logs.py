"""The two real logs that valuekit has configurations for."""

from decimal import Decimal
from pathlib import Path

import pytest

from valuekit import sources
from valuekit.config import builtin_config, load_config
from valuekit.engine import Engine

RETAIL = Path(__file__).parents[3] / "shared" / "data" / "online_retail.parquet"


def read(name: str, *overrides: str) -> Engine:
    path = builtin_config(name)
    config = load_config(path, overrides)
    engine = Engine(threads=2)
    sources.read(
        engine,
        config.sources,
        currency=config.company.currency,
        base=path.parent,
        max_quarantined_share=config.quality.max_quarantined_share,
    )
    assert config.as_of == sources.latest_event(engine)
    return engine


def counts(engine: Engine) -> list[tuple[object, ...]]:
    return engine.rows("SELECT table_name, rows_in, rows_accepted, rows_quarantined, rows_out FROM intake ORDER BY 1")


def test_cdnow_is_read_whole():
    # 69,659 lines and 23,570 customers: Fader and Hardie's description of the full CDNOW data set.
    with read("cdnow") as engine:
        assert counts(engine) == [("orders", 69659, 69659, 0, 69659), ("records", 69659, 69659, 0, 23570)]
        assert engine.rows("SELECT MIN(created_on)::VARCHAR, MAX(created_on)::VARCHAR FROM records") == [
            ("1997-01-01", "1997-03-25")
        ]
        assert engine.scalar("SELECT COUNT(*) FROM orders WHERE amount = 0") == 80
        assert engine.scalar("SELECT record FROM records ORDER BY record LIMIT 1") == "00001"


@pytest.mark.skipif(not RETAIL.exists(), reason="the Online Retail log is not beside the project (shared/data)")
def test_online_retail_keeps_every_line_and_every_penny():
    # 541,909 lines, 4,372 customers: the UCI description. The total is the sum of Quantity x UnitPrice over the log.
    with read("online_retail", f"paths.log={RETAIL}") as engine:
        assert counts(engine) == [("orders", 541909, 541909, 0, 25900), ("records", 406829, 406829, 0, 4372)]
        assert engine.scalar("SELECT SUM(reporting_amount) FROM orders") == Decimal("9747747.934")
        unattributed = (
            "SELECT SUM(Quantity * UnitPrice::DECIMAL(18,4)) FROM read_parquet($log) WHERE CustomerID IS NULL"
        )
        assert engine.scalar("SELECT SUM(reporting_amount) FROM orders WHERE record IS NULL") == engine.scalar(
            unattributed, {"log": str(RETAIL)}
        )
        assert engine.scalar("SELECT MAX(amount) FROM orders WHERE starts_with(id, 'C')") <= 0
        assert engine.count("quarantine") == 0
