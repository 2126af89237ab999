"""To check: lists that somebody should work through, each with its number, its rows and a file."""

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from valuekit.dashboard import parts, registers, words
from valuekit.dashboard.data import each
from valuekit.dashboard.run import Run

Draw = Callable[[Run], None]


@dataclass(frozen=True)
class Register:
    """A list: its name, what to do with it or what it tells, and how it is drawn."""

    key: str
    name: str
    purpose: str
    draw: Draw


TO_DO = (
    Register("renewals", "Renewals due", "Call before the term ends, the most valuable first.", registers.renewals),
    Register("contracts", "Contracts to mend", "Correct the term in its system.", registers.contracts),
    Register("stale", "Paying by hand, and wrong", "Correct the field, or derive it from now on.", registers.stale),
    Register("words", "Unknown status words", "Say in `lifecycle.statuses` what they mean; known ones follow.",
             registers.status_words),
    Register("no_contract", "Paid without contract", "Find the contract, or refund.", registers.no_contract),
    Register("unpaid", "Signed, not paid", "Send the invoice, or ask why it is open.", registers.unpaid),
    Register("duplicates", "Possible duplicates", "Decide: one party or two.", registers.duplicates),
    Register("commissions", "Commissions the rules disagree on", "Agree which day earns it.", registers.commissions),
)  # fmt: skip
TO_KNOW = (
    Register("cash_and_profit", "Customers and good customers", "Who brings cash, and who profit.", registers.good),
    Register("paying", "Paying: by hand, by provider, by money", "Three answers to one question.", registers.paying),
    Register("managed", "Who manages which customers", "Each customer has one system.", registers.managed),
    Register("trade", "Suppliers, gross and net", "Money to and from those that the company buys from.",
             registers.trade),
    Register("served", "Served, not paying", "Who serves whom, for money or mission.", registers.served),
)  # fmt: skip


def render(run: Run) -> None:
    """Draw the page."""
    parts.heading(run, "To check", "What the systems disagree on, what falls due, and what somebody should decide.")
    sizes = {s.register: int(s.size) for s in each(run.ask("to_check", "sizes")) if pd.notna(s.size)}
    _section(run, "To do", TO_DO, sizes)
    _section(run, "To know", TO_KNOW, sizes)


def _section(run: Run, title: str, registers: tuple[Register, ...], sizes: dict[str, int]) -> None:
    parts.section(title)
    full = [r for r in registers if sizes.get(r.key)]
    for register in full:
        _open(run, register, sizes[register.key])
    empty = [r.name for r in registers if r not in full]
    if empty:
        parts.note(f"Nothing in: {' · '.join(empty)}.")


def _open(run: Run, register: Register, size: int) -> None:
    """Show a register's name and number; its rows are asked for when it is opened."""
    label = f"**{register.name}** · {words.count(size)}"
    with st.expander(label, key=register.key, on_change="rerun", bind="query-params") as box:
        parts.note(register.purpose)
        if box.open:
            register.draw(run)
