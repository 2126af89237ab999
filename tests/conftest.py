"""What holds for all tests."""

import gc
import os
from collections.abc import Iterator

import pytest


def pytest_configure() -> None:
    """Look for no garbage while tests are collected: nearly all objects stay, and looking takes a third of the time."""
    gc.disable()


def pytest_collection_finish() -> None:
    """Look for it from here on, among what tests make alone."""
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session", autouse=True)
def _wait_for_no_disk() -> Iterator[None]:
    """Let the disk take its time with what runs force to it: no test cuts the power.

    That files are forced before they are published, `test_publish` sees for itself.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda _: None)
        yield
