"""The document in which a company's teams read what each of them means by customer, and sign it."""

from valuekit.exports.definition_document.content import make_document
from valuekit.exports.definition_document.export import FORMATS, export_definitions
from valuekit.exports.definition_document.model import Document, Field, Grid, Part

__all__ = ["FORMATS", "Document", "Field", "Grid", "Part", "export_definitions", "make_document"]
