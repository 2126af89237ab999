"""What is wrong in a configuration, said with its line, what stands there and what is expected."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from ruamel.yaml.comments import CommentedMap, CommentedSeq

from valuekit.errors import ConfigError, UnknownNameError, did_you_mean

Place = tuple[str | int, ...]


@dataclass
class Document:
    """A configuration file as it was read: its values, and where each of them stands."""

    path: Path
    data: CommentedMap
    overridden: dict[Place, str] = field(default_factory=dict)

    def where(self, place: Place) -> str:
        """Say where a value comes from: `file:line`, or the override that set it."""
        for length in range(len(place), 0, -1):
            if place[:length] in self.overridden:
                return self.overridden[place[:length]]
        return f"{self.path}:{self._line(place)}"

    def _line(self, place: Place) -> int:
        node: Any = self.data
        line = 0
        for key in place:
            positions = getattr(getattr(node, "lc", None), "data", None) or {}
            if not isinstance(node, CommentedMap | CommentedSeq) or key not in positions:
                break
            line = positions[key][0]
            node = node[key]
        return line + 1

    def existing(self, location: Place) -> Place:
        """Return the part of pydantic's location that stands in the file: without the names of its types."""
        node: Any = self.data
        place: list[str | int] = []
        for key in location:
            if _has(node, key):
                place.append(key)
                node = node[key]
        return tuple(place)


def config_error(error: ValidationError, document: Document, model: type[BaseModel]) -> ConfigError:
    """Turn pydantic's findings into one error that tells them all, in the order of the file."""
    by_place: dict[tuple[Place, str], list[Any]] = {}
    for finding in error.errors():
        missing = str(finding["loc"][-1]) if finding["type"] == "missing" else ""
        by_place.setdefault((document.existing(finding["loc"]), missing), []).append(finding)
    problems = [_problem(place, findings, document, model) for (place, _), findings in by_place.items()]
    first, *others = problems
    rest = "".join(f"\n{p.where}: {p.what} {p.next_step}".rstrip() for p in others)
    return type(first)(first.what, where=first.where, next_step=first.next_step + rest) if others else first


def _problem(place: Place, findings: list[Any], document: Document, model: type[BaseModel]) -> ConfigError:
    finding = findings[0]
    cause = finding.get("ctx", {}).get("error")
    name = ".".join(map(str, place))
    if isinstance(cause, UnknownNameError):
        where = document.where(_deeper(document, place, cause.name))
        return ConfigError(cause.what, where=where, next_step=cause.next_step)
    if finding["type"] == "extra_forbidden":
        known = _keys(model, place[:-1])
        return ConfigError(
            f"there is no key '{place[-1]}' here.",
            where=document.where(place),
            next_step=did_you_mean(str(place[-1]), known),
        )
    if finding["type"] == "missing":
        section = f"'{name}'" if name else "the configuration"
        return ConfigError(f"{section} lacks '{finding['loc'][-1]}'.", where=document.where(place))
    expected = " or ".join(dict.fromkeys(_expected(f) for f in findings))
    received = "" if isinstance(finding["input"], dict) else f" is {_shown(finding['input'])},"
    subject = f"'{name}'" if name else "the configuration:"
    return ConfigError(f"{subject}{received} {expected}.", where=document.where(place))


def _shown(value: Any) -> str:
    """Show a value as it stands in YAML: texts in quotes, dates as dates."""
    return "empty" if value is None else repr(value) if isinstance(value, str) else str(value)


def _expected(finding: Any) -> str:
    if finding["type"].startswith("date_from_datetime"):
        return "expected it to be a date such as 2026-06-30"
    message = str(finding["msg"]).removeprefix("Value error, ")
    start, should, rest = message.partition(" should ")
    if not should:
        return message.replace("Input is not", "expected it to be").partition(" for <class")[0]
    return (
        f"expected it to {rest}" if start.startswith(("Input", "String", "List", "Dictionary", "Decimal")) else message
    )


def _deeper(document: Document, place: Place, name: str) -> Place:
    """Go on to the key or item of that name, when the finding stands one level above it."""
    node: Any = document.data
    for key in place:
        node = node[key]
    if isinstance(node, dict) and name in node:
        return (*place, name)
    if isinstance(node, list) and name in node:
        return (*place, node.index(name))
    return place


def _has(node: Any, key: str | int) -> bool:
    if isinstance(node, list):
        return isinstance(key, int) and key < len(node)
    return isinstance(node, dict) and key in node


def _keys(model: type[BaseModel], place: Place) -> list[str]:
    """Return the keys that the section at a place may have."""
    section = model
    for key in place:
        if isinstance(key, str) and key in section.model_fields:
            section = next(_sections(section.model_fields[key].annotation), section)
    return list(section.model_fields)


def _sections(annotation: Any) -> Iterator[type[BaseModel]]:
    """Yield the sections that a field's type speaks of, through lists, dictionaries and alternatives."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _sections(part)
