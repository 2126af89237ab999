"""The engine: the only place that knows DuckDB and sqlglot. Named SQL steps in, tables out."""

from valuekit.engine.duck import DatabaseError, Engine, default_threads, file_literal, first_line, literal, write_table
from valuekit.engine.expressions import Expression, conditions_in, parse_expression
from valuekit.engine.steps import Step, load_steps, quote

__all__ = [
    "DatabaseError",
    "Engine",
    "Expression",
    "Step",
    "conditions_in",
    "default_threads",
    "file_literal",
    "first_line",
    "literal",
    "load_steps",
    "parse_expression",
    "quote",
    "write_table",
]
