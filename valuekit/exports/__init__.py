"""What leaves valuekit for other tools: files that are typed, complete and safe to open."""

from valuekit.exports.definition_document import export_definitions
from valuekit.exports.segments import export_segments

__all__ = ["export_definitions", "export_segments"]
