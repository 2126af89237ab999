"""What holds for all tests."""

import gc


def pytest_configure() -> None:
    """Look for no garbage while tests are collected: nearly all objects stay, and looking takes a third of the time."""
    gc.disable()


def pytest_collection_finish() -> None:
    """Look for it from here on, among what tests make alone."""
    gc.freeze()
    gc.enable()
