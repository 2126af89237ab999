"""From a YAML file and `--set` overrides to a `Config`."""

import re
from collections.abc import Iterator, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from valuekit.config.problems import Document, config_error
from valuekit.config.sections import Config
from valuekit.errors import ConfigError, InputError, UnknownNameError

_PLACES = re.compile(r"^(paths\.\w+|sources\.\d+\.(file|database)|products\.\d+\.files\.\w+|identity\.decisions)$")
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


def load_config(path: str | Path, overrides: Sequence[str] = ()) -> Config:
    """Read a configuration file (YAML 1.2), apply overrides such as `ltv.horizon_years=5`, and check every value.

    An override names its place with dots, items of a list by their number from 0 (`sources.0.file=orders.csv`); its
    value is read as YAML. Paths in the file are relative to the file; paths in overrides to the working folder.
    Entries of `paths` are filled in where a source, or `identity.decisions`, says `{name}`.

    Raises: `InputError` when the file cannot be read; `ConfigError` with `file:line` for anything wrong in it.

    >>> load_config(builtin_config("cdnow"), ["ltv.horizon_years=5"]).ltv.horizon_years
    5
    """
    document = _read(Path(path))
    for override in overrides:
        _override(document, override)
    _fill_paths(document)
    try:
        return Config.model_validate(document.data)
    except ValidationError as error:
        raise config_error(error, document, Config) from None


def builtin_config(name: str) -> Path:
    """Return the path of a configuration that comes with valuekit: `configs/<name>.yaml`.

    Raises: `UnknownNameError` when there is none of that name.

    >>> builtin_config("cdnow").name
    'cdnow.yaml'
    """
    package = Path(str(files("valuekit")))
    folder = next((f for f in (package / "configs", package.parent / "configs") if f.is_dir()), package / "configs")
    known = {p.stem: p for p in sorted(folder.glob("*.yaml"))}
    if name not in known:
        raise UnknownNameError("built-in configuration", name, known)
    return known[name]


def _read(path: Path) -> Document:
    data = _parse(_text(path), path)
    if data is None:
        raise ConfigError("is empty.", where=str(path), next_step="It needs at least `company` and `sources`.")
    if not isinstance(data, CommentedMap):
        kind = "a list" if isinstance(data, list) else "one value"
        raise ConfigError(
            f"holds {kind} at the top, expected keys such as `company` and `sources`.",
            where=f"{path}:1",
            next_step="Write `key: value` lines.",
        )
    return Document(path, data)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        near = sorted(p.name for p in path.parent.glob("*.yaml")) if path.parent.is_dir() else []
        advice = f"In that folder: {', '.join(near)}." if near else "Check the path."
        raise InputError("there is no such configuration file.", where=str(path), next_step=advice) from None
    except UnicodeDecodeError:
        raise InputError("is not text in UTF-8.", where=str(path), next_step="Save it as UTF-8.") from None
    except OSError as error:
        raise InputError(
            f"cannot be read: {error.strerror}.", where=str(path), next_step="Name a YAML file that you may read."
        ) from None


def _parse(text: str, path: Path) -> Any:
    try:
        return YAML(pure=True).load(text)
    except MarkedYAMLError as error:
        line = f":{error.problem_mark.line + 1}" if error.problem_mark else ""
        what = " ".join(str(error.problem or error.context).split())
        advice = "Keep one of them." if "duplicate key" in what else "Check indentation, colons and quotes there."
        raise ConfigError(f"{what}.", where=f"{path}{line}", next_step=advice) from None
    except (YAMLError, ValueError) as error:  # ValueError: a date such as 2020-13-45
        raise ConfigError(f"is no YAML: {str(error).splitlines()[0]}.", where=str(path)) from None


def _override(document: Document, override: str) -> None:
    place, equals, text = override.partition("=")
    where = f"--set {override}"
    keys = place.split(".")
    if not equals or not all(keys):
        raise ConfigError("expected key=value, such as ltv.horizon_years=5.", where=where)
    value = _value(text, where)
    if _PLACES.match(place) and isinstance(value, str):
        value = _from_working_folder(value)
    node: Any = document.data
    for key, following in zip(keys, [*keys[1:], ""], strict=True):
        last = following == ""
        node = _step(node, key, where, set_to=value if last else None, last=last)
    document.overridden[tuple(int(k) if k.isdigit() else k for k in keys)] = where


def _value(text: str, where: str) -> Any:
    try:
        return YAML(typ="safe", pure=True).load(text)
    except (YAMLError, ValueError):
        raise ConfigError("the value is no YAML.", where=where, next_step="Put it in quotes.") from None


def _from_working_folder(path: str) -> str:
    return path if path.startswith("package:") else str(Path(path).absolute())


def _step(node: Any, key: str, where: str, *, set_to: Any, last: bool) -> Any:
    """Go one key down, making sections that are not there; at the last key set the value."""
    if isinstance(node, list):
        if not key.isdigit() or int(key) >= len(node):
            raise ConfigError(f"'{key}' is no item of a list of {len(node)}; the first is 0.", where=where)
        index: Any = int(key)
    elif isinstance(node, dict):
        index = key
        if not last and node.get(key) is None:
            node[key] = {}
    else:
        raise ConfigError(f"there is nothing below '{node}' to set '{key}' in.", where=where)
    if last:
        node[index] = set_to
    return node[index]


def _fill_paths(document: Document) -> None:
    """Put the entries of `paths` where sources, products and identity say `{name}`."""
    paths = document.data.get("paths") or {}
    if not isinstance(paths, dict):
        return  # wrong types are told with all other wrong values
    for holder, keys, place in _files(document.data):
        for key in keys:
            if isinstance(holder.get(key), str):
                holder[key] = _filled(holder[key], paths, document.where((*place, key)))


def _files(data: dict[str, Any]) -> Iterator[tuple[dict[str, Any], Sequence[str], tuple[str | int, ...]]]:
    """Yield the mappings that name files, with the keys that do, and their places."""
    for section in ("sources", "products"):
        entries = data.get(section)
        for number, entry in enumerate(entries if isinstance(entries, list) else ()):
            files = entry.get("files") if isinstance(entry, dict) else None
            if section == "sources" and isinstance(entry, dict):
                yield entry, ("file", "database"), (section, number)
            elif isinstance(files, dict):
                yield files, list(files), (section, number, "files")
    if isinstance(identity := data.get("identity"), dict):
        yield identity, ("decisions",), ("identity",)


def _filled(text: str, paths: dict[str, Any], where: str) -> str:
    def path_of(match: re.Match[str]) -> str:
        if match.group(1) not in paths:
            raise UnknownNameError("entry of `paths`", match.group(1), paths, where=where)
        return str(paths[match.group(1)])

    return _PLACEHOLDER.sub(path_of, text)
