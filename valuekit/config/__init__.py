"""The configuration of one company: typed here at the edge, gone inside. Domain functions take arguments."""

from valuekit.config.basics import Company, Currency, Section, Share
from valuekit.config.cashflow import ActivityConfig, Cashflow, Driver, Pool
from valuekit.config.identity import Identity
from valuekit.config.lifecycle import DefinitionConfig, Lifecycle
from valuekit.config.load import builtin_config, load_config
from valuekit.config.sections import (
    Config,
    EngineConfig,
    Executives,
    Ltv,
    Quality,
    Segments,
    Tier,
    Tracking,
    json_schema,
)
from valuekit.config.sources import ColumnMap, Product, Source

__all__ = [
    "ActivityConfig",
    "Cashflow",
    "ColumnMap",
    "Company",
    "Config",
    "Currency",
    "DefinitionConfig",
    "Driver",
    "EngineConfig",
    "Executives",
    "Identity",
    "Lifecycle",
    "Ltv",
    "Pool",
    "Product",
    "Quality",
    "Section",
    "Segments",
    "Share",
    "Source",
    "Tier",
    "Tracking",
    "builtin_config",
    "json_schema",
    "load_config",
]
