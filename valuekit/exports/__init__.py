"""What leaves valuekit for other tools: files that are typed, complete and safe to open."""

from valuekit.exports.definition_document import export_definitions
from valuekit.exports.segments import export_segments
from valuekit.exports.statement import export_statement, statement_workbook

__all__ = ["export_definitions", "export_segments", "export_statement", "statement_workbook"]
