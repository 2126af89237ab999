"""The engine: the only place that knows DuckDB and sqlglot. Named SQL steps in, tables out."""

from valuekit.engine.duck import Engine, literal, write_table
from valuekit.engine.expressions import Expression, parse_expression
from valuekit.engine.steps import Step, load_steps, quote

__all__ = ["Engine", "Expression", "Step", "literal", "load_steps", "parse_expression", "quote", "write_table"]
