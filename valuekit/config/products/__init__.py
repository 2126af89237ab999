"""Ready mappings of the standard exports of products: one YAML file each, from export to sources."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from string import Template
from typing import Any

from ruamel.yaml import YAML

PRODUCTS = ("hubspot", "salesforce", "stripe", "zendesk")


def exports_of(product: str, texts: Mapping[str, str] | None = None) -> dict[str, list[dict[str, Any]]]:
    """Return the exports of a product, and for each the sources that it is, as in a configuration.

    `texts` fills `$name` in expressions.

    >>> list(exports_of("hubspot"))
    ['companies', 'contacts', 'deals']
    """
    return _parsed(Template(_text(product)).safe_substitute(texts or {}))


@cache
def _text(product: str) -> str:
    return files(__package__).joinpath(f"{product}.yaml").read_text(encoding="utf-8")


@cache
def _parsed(text: str) -> dict[str, list[dict[str, Any]]]:
    parsed: dict[str, list[dict[str, Any]]] = YAML(typ="safe", pure=True).load(text)
    return parsed
