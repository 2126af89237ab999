"""What the README and the guides tell people to write into a notebook runs, as it stands there."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.fake_snapshot import write_snapshot

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
CODE = {page: re.findall(r"```python\n(.*?)```", page.read_text(), flags=re.DOTALL) for page in PAGES}


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A folder as a reader has it: a run of the demo, and a file of orders."""
    here = tmp_path_factory.mktemp("reader")
    write_snapshot(here / "runs" / "demo")
    rng = np.random.default_rng(3)
    buyers = [f"buyer {i}" for i in range(200) for _ in range(1 + rng.poisson(2))]
    days = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 700, len(buyers)), unit="D")
    orders = pd.DataFrame({"customer": buyers, "date": days, "amount": rng.gamma(3, 10, len(buyers)).round(2) + 1})
    orders.to_csv(here / "orders.csv", index=False)
    return here


@pytest.mark.parametrize("page", [page for page in PAGES if CODE[page]], ids=lambda page: page.name)
def test_its_python_runs(page, folder, monkeypatch):
    monkeypatch.chdir(folder)
    names: dict[str, object] = {}
    for block in CODE[page]:
        exec(compile(block, page.name, "exec"), names)


def test_five_lines_give_every_buyer_a_value_with_its_interval_and_a_plot(folder, monkeypatch):
    monkeypatch.chdir(folder)
    names: dict[str, object] = {}
    (block,) = (code for code in CODE[ROOT / "README.md"] if "value_orders" in code)
    assert sum(bool(line.strip()) for line in block.splitlines()) == 5
    exec(compile(block, "README.md", "exec"), names)
    table = names["forecast"].to_pandas()
    assert table["customer"].nunique() == 200
    assert (table["low"] <= table["high"]).all()
    assert table["value"].between(table["low"], table["high"]).mean() > 0.95
    assert names["chart"].to_dict()["data"]
