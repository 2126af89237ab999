"""What is wrong with how a command was called, in words of ours: typer's validator speaks of inputs and of itself."""

import re

_TOLD = (
    (r"Value error, ", ""),
    (r"Input should be a valid number, unable to parse string as a number", "it is no number"),
    (r"Input should be a valid integer, .*", "it is no whole number"),
    (r"Input should be a finite number", "it is no number"),
    (r"Input should be greater than or equal to (\S+)", r"it must be \1 or more"),
    (r"Input should be less than or equal to (\S+)", r"it must be \1 or less"),
    (r"Input should be ", "it must be "),
)
RATES = "RATE"
"""How the help writes the value of an option that is a rate."""


def usage_told(what: str, error: Exception) -> tuple[str, str]:
    """Return what a usage error of typer says, as a sentence, and what to do: which help to read.

    >>> usage_told("Invalid value for '--origins': Input should be greater than or equal to 1", Exception())
    ("Invalid value for '--origins': it must be 1 or more.", 'See `valuekit --help`.')
    """
    for pattern, told in _TOLD:
        what = re.sub(pattern, told, what)
    context = getattr(error, "ctx", None)
    advice = f"See `{context.command_path if context else 'valuekit'} --help`."
    if getattr(getattr(error, "param", None), "metavar", None) == RATES:
        advice = f"Write 10% as 0.10. {advice}"
    return f"{what.rstrip('.')}.", advice
