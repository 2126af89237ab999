"""Where the files of a source lie, and what stops us from reading them."""

import glob
import gzip
import io
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import IO

from valuekit.config import Source
from valuekit.errors import ConfigError, InputError

FORMATS = {".csv": "csv", ".tsv": "csv", ".txt": "csv", ".parquet": "parquet", ".pq": "parquet"}

_SPREADSHEETS = (".xlsx", ".xls", ".xlsm", ".ods")
_NO_TEXT = {
    b"PAR1": ("a Parquet file", "Set `format: parquet`."),
    b"PK\x03\x04": ("a spreadsheet or another packed file", "Save the sheet as CSV, and name that file."),
    b"\xd0\xcf\x11\xe0": ("an old Excel file", "Save the sheet as CSV, and name that file."),
    b"\x1f\x8b": ("packed with gzip", "Let its name end in .gz."),
}
"""First bytes of files that are often taken for CSV."""

_BOMS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"\xef\xbb\xbf": "utf-8-sig"}


def label(source: Source) -> str:
    """Name a source by its file, without folders.

    The name stands in published tables, which must not depend on where the files lie.

    >>> label(Source(table="orders", system="shop", database="/data/shop.db", query="orders"))
    'shop.db: orders'
    """
    if source.file:
        return without_folders(source.file)
    return f"{without_folders(str(source.database))}: {' '.join(str(source.query).split())}"


def without_folders(path: str) -> str:
    """Return the name of a file alone; a file inside a package keeps its place there.

    >>> without_folders("/data/2026/orders.csv"), without_folders("package:lifetimes/datasets/CDNOW_master.txt")
    ('orders.csv', 'package:lifetimes/datasets/CDNOW_master.txt')
    """
    return path if path.startswith("package:") else Path(path).name


def find_files(source: Source, base: Path) -> list[Path]:
    """Return the files of a source in the order of their names; a pattern may match several.

    Raises: `InputError` when there is none.
    """
    pattern = _absolute(str(source.file), base)
    if Path(pattern).exists():
        return [Path(pattern)]
    found = sorted(Path(p) for p in glob.glob(pattern, recursive=True) if Path(p).is_file())
    if not found:
        raise InputError(_absence(pattern), where=pattern, next_step=_nearby(Path(pattern)))
    return found


def find_database(source: Source, base: Path) -> Path:
    """Return the path of a source's database.

    Raises: `InputError` when it does not exist.
    """
    path = Path(_absolute(str(source.database), base))
    if not path.is_file():
        raise InputError("there is no such database file.", where=str(path), next_step=_nearby(path))
    return path


def format_of(source: Source, path: Path) -> str:
    """Return the format of a file: as configured, otherwise by its ending.

    >>> format_of(Source(table="orders", system="shop", file="o.csv.gz"), Path("o.csv.gz"))
    'csv'
    """
    endings = [s.lower() for s in path.suffixes if s != ".gz"]
    found = source.format or FORMATS.get(endings[-1] if endings else "")
    if not found:
        advice = "Set `format` of the source to csv, parquet or whitespace."
        if endings and endings[-1] in _SPREADSHEETS:
            advice = "Save the sheet as CSV, and name that file."
        raise ConfigError("the ending of the file does not tell its format.", where=str(path), next_step=advice)
    return found


def encoding_of(source: Source, path: Path) -> str:
    """Return the encoding of a text file: its byte order mark goes before the configured one.

    Raises: `InputError` for a file that is no text, but something else that its first bytes tell.
    """
    with opened(path) as file:
        start = file.read(4)
    for mark, (what, advice) in _NO_TEXT.items():
        if start.startswith(mark):
            raise InputError(f"is {what}, not text.", where=str(path), next_step=advice)
    return next((e for mark, e in _BOMS.items() if start.startswith(mark)), source.encoding)


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """Open a file for reading, unpacking `.gz`; what the system refuses becomes an `InputError`."""
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            yield file  # type: ignore[misc]
    except IsADirectoryError:
        raise InputError("is a folder, not a file.", where=str(path), next_step="Name a file or a pattern.") from None
    except (gzip.BadGzipFile, EOFError):
        raise InputError("is no whole gzip file.", where=str(path), next_step="Fetch the file again.") from None
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror or error}.", where=str(path)) from None


@contextmanager
def opened_text(path: Path, encoding: str) -> Iterator[io.TextIOWrapper]:
    """Open a text file; bytes that the encoding does not know stay visible as lone surrogates.

    Raises: `InputError` when the encoding cannot go on at all, as UTF-16 cannot.
    """
    try:
        with opened(path) as file, io.TextIOWrapper(file, encoding=encoding, errors="surrogateescape") as text:
            yield text
    except UnicodeError:
        advice = "Set `encoding` to what the file is written in."
        raise InputError(f"is no text in {encoding}.", where=str(path), next_step=advice) from None


def _absolute(place: str, base: Path) -> str:
    if not place.startswith("package:"):
        return str(base / place)
    package, _, inside = place.removeprefix("package:").partition("/")
    spec = find_spec(package) if package.isidentifier() else None  # finds a top package without importing it
    if spec is None or not spec.submodule_search_locations:
        advice = f"Install it, such as with `pip install {package}`."
        raise InputError(f"the package '{package}' is not installed.", where=place, next_step=advice)
    return str(Path(spec.submodule_search_locations[0]) / inside)


def _absence(pattern: str) -> str:
    return "no file matches the pattern." if glob.has_magic(pattern) else "there is no such file."


def _nearby(path: Path) -> str:
    """Say what is in the folder, for a path that is not there."""
    if not path.parent.is_dir():
        return f"The folder {path.parent} does not exist either."
    names = sorted(p.name for p in path.parent.iterdir() if p.is_file())[:5]
    return f"In that folder: {', '.join(names)}." if names else "The folder is empty."
