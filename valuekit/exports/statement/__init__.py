"""The statement that a controller ties to the books: a workbook with live sums, or one long table."""

from valuekit.exports.statement.export import Format, export_statement, statement_workbook

__all__ = ["Format", "export_statement", "statement_workbook"]
