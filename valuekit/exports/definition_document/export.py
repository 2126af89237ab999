"""The document as a file."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from valuekit.errors import ConfigError
from valuekit.exports.definition_document.content import make_document
from valuekit.exports.definition_document.markdown import write_markdown
from valuekit.exports.definition_document.model import Document
from valuekit.exports.definition_document.page import write_page
from valuekit.exports.definition_document.workbook import write_workbook
from valuekit.exports.files import atomic_file
from valuekit.snapshot import Snapshot

Format = Literal["md", "html", "xlsx"]

_TEXTS: dict[str, Callable[[Document], str]] = {"md": write_markdown, "html": write_page}
FORMATS = (*_TEXTS, "xlsx")


def export_definitions(
    snapshot: Snapshot,
    target: Path | None,
    format: Format = "md",  # noqa: A002 - the word that every such tool uses
    *,
    overwrite: bool = False,
) -> None:
    """Write the definition document of a snapshot: definitions, stages, differences, checklist, questions and guide.

    `target` None writes to standard output (not for xlsx). The same snapshot with the same sign-offs gives the same
    bytes. Raises `ConfigError` when the file exists and not `overwrite`.
    """
    if target is None and format == "xlsx":
        raise ConfigError("a workbook does not go to standard output.", where="--out -", next_step="Name a file.")
    document = make_document(snapshot)
    if target is None:
        sys.stdout.write(_TEXTS[format](document))
        return
    with atomic_file(target, overwrite=overwrite) as draft:
        if format == "xlsx":
            write_workbook(document, draft)
        else:
            draft.write_text(_TEXTS[format](document), encoding="utf-8", newline="\n")
