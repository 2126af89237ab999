"""Models by the names that the literature knows them by."""

TITLES = {
    "BgNbd": "BG/NBD", "MbgNbd": "MBG/NBD", "ParetoNbd": "Pareto/NBD", "BgCnbdK": "BG/CNBD-k", "MbgCnbdK": "MBG/CNBD-k",
    "BgBb": "BG/BB", "GammaGamma": "Gamma-Gamma", "ShiftedBetaGeometric": "Shifted-beta-geometric",
    "BetaDiscreteWeibull": "Beta-discrete-Weibull",
}  # fmt: skip
"""Names for people, by the class of `valuekit.ltv.models`."""


def title(name: str) -> str:
    """Return the name for people of a class, or of a model as it is configured; any other name stays as it is.

    >>> title("MbgNbd"), title("mbg_cnbd_k"), title("challenger")
    ('MBG/NBD', 'MBG/CNBD-k', 'challenger')
    """
    return TITLES.get(name) or TITLES.get(name.title().replace("_", ""), name)
