"""Named SQL steps: `.sql` files beside the Python that runs them.

A file is a list of SELECTs, each below a line `-- step: name`. A step makes a table of its name. A step whose name
starts with an underscore is scratch: it is inlined as a common table expression into the steps that read it, or kept
as a table in debug mode. `$name` is a bound parameter; `{name}` is an identifier (quoted) or a checked expression.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files

from valuekit.engine.expressions import Expression
from valuekit.errors import EngineError, UnknownNameError

_HEADING = re.compile(r"^-- step: *(\w+) *$", re.MULTILINE)
_SLOT = re.compile(r"\{([a-z_]\w*)\}")
_PARAMETER = re.compile(r"\$(\w+)")
_COMMENT = re.compile(r"--[^\n]*")

Slot = str | Expression


@dataclass(frozen=True)
class Step:
    """One named SELECT of a file."""

    name: str
    sql: str
    file: str

    @property
    def scratch(self) -> bool:
        """True when the step is no table of its own."""
        return self.name.startswith("_")

    @cached_property
    def reads(self) -> set[str]:
        """Every word of the SELECT: a superset of the tables that it reads."""
        return set(re.findall(r"\w+", _COMMENT.sub("", self.sql)))


@cache
def load_steps(package: str, file: str) -> tuple[Step, ...]:
    """Read the steps of a `.sql` file that lies in a package, in order."""
    text = files(package).joinpath(file).read_text(encoding="utf-8")
    return parse_steps(text, f"{package}/{file}")


def parse_steps(text: str, file: str) -> tuple[Step, ...]:
    r"""Split the text of a `.sql` file into its steps.

    >>> [s.name for s in parse_steps("-- step: _a\nSELECT 1 AS x\n-- step: b\nSELECT x FROM _a", "t.sql")]
    ['_a', 'b']
    """
    parts = _HEADING.split(text)
    steps = tuple(Step(name, sql.strip().rstrip(";"), file) for name, sql in zip(parts[1::2], parts[2::2], strict=True))
    if not steps:
        raise EngineError("has no '-- step: name' line.", where=file)
    return steps


def quote(identifier: str) -> str:
    """Quote an identifier for SQL.

    >>> quote('a"b')
    '"a""b"'
    """
    return '"' + identifier.replace('"', '""') + '"'


def render(step: Step, slots: Mapping[str, Slot]) -> str:
    """Fill the `{name}` slots: a string becomes a quoted identifier, an `Expression` its checked SQL."""

    def fill(match: re.Match[str]) -> str:
        name = match.group(1)
        if name not in slots:
            raise UnknownNameError("slot", name, slots, where=f"{step.file} step {step.name}")
        value = slots[name]
        return value.sql if isinstance(value, Expression) else quote(value)

    return _SLOT.sub(fill, step.sql)


def parameters_in(sql: str) -> set[str]:
    """Return the names of the bound parameters that the SQL uses."""
    return set(_PARAMETER.findall(_COMMENT.sub("", sql)))


def compose(step: Step, scratch: Mapping[str, Step], slots: Mapping[str, Slot]) -> str:
    """Return the SELECT of a step with the scratch steps that it needs as common table expressions, in file order."""
    needed: set[str] = set()
    queue = [step]
    while queue:
        new = (queue.pop().reads & scratch.keys()) - needed
        needed |= new
        queue += [scratch[name] for name in new]
    tables = [f"{name} AS (\n{render(s, slots)}\n)" for name, s in scratch.items() if name in needed]
    head = f"WITH {', '.join(tables)}\n" if tables else ""
    return head + render(step, slots)
