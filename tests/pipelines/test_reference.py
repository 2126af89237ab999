from pathlib import Path

import pytest

from pipelines.reference import pages, write
from valuekit.tables import CANONICAL, PUBLISHED, TRUTH

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("name", pages())
def test_the_committed_page_is_what_the_code_says(name):
    assert (DOCS / name).read_text("utf-8") == pages()[name], "run `make docs`"


def test_every_table_and_every_command_is_documented():
    assert all(f"### `{name}`" in pages()["tables.md"] for name in (*CANONICAL, *PUBLISHED, *TRUTH))
    commands = ["simulate", "run", "export segments", "explain", "demo", "app", "doctor", "track push"]
    commands += ["definitions", "sign-off", "reconcile", "movements", "restatements"]
    for command in commands:
        assert f"`valuekit {command}" in pages()["commands.md"]


def test_pages_are_written_where_they_are_wanted(tmp_path):
    assert {p.name for p in write(tmp_path)} == set(pages())
