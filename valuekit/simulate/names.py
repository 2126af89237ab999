"""Names, addresses and keys of parties, all made from the party's number: no two parties share one."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from valuekit.simulate.columns import joined, numbered, pick
from valuekit.simulate.draws import Ints

_CONSONANTS = np.frombuffer(b"bdfghklmnprstvwz", dtype=np.uint8)
_VOWELS = np.frombuffer(b"aeiou", dtype=np.uint8)
_SYLLABLES, _LENGTH = len(_CONSONANTS) * len(_VOWELS), 4
_SCRAMBLE = 387_420_489  # 3 ** 18 has no factor in common with a power of ten or of 80: no two numbers collide

TRADES = (
    "Logistics", "Foods", "Energy", "Textiles", "Robotics", "Media", "Clinics", "Travel", "Optics", "Timber",
    "Labs", "Marine", "Interiors", "Mobility", "Analytics", "Ceramics",
)  # fmt: skip
LEGAL_FORMS = ("GmbH", "Ltd", "Inc", "AG", "LLC")
FIRST_NAMES = ("Anna", "Ben", "Chiara", "David", "Elif", "Farid", "Greta", "Hugo", "Ines", "Jonas", "Kofi", "Lena")
DESKS = ("accounts", "office", "it", "finance", "admin", "purchasing")
ENDINGS = (".com", ".de", ".io", ".eu")
PROVIDERS = ("gmail.com", "outlook.com", "gmx.net", "web.de")


def scrambled(number: Ints, salt: int) -> Ints:
    """Return ten digits that belong to the number and do not show it; different numbers stay different."""
    return (number * _SCRAMBLE + salt * 104_729) % 1_000_000_000 + 1_000_000_000


def words(number: Ints) -> npt.NDArray[np.uint8]:
    """Return a made-up word for each number, as a matrix of eight lower-case letters."""
    left = (number * _SCRAMBLE) % _SYLLABLES**_LENGTH
    letters = np.empty((len(number), 2 * _LENGTH), dtype=np.uint8)
    for place in range(_LENGTH):
        left, syllable = np.divmod(left, _SYLLABLES)
        letters[:, 2 * place] = _CONSONANTS[syllable // len(_VOWELS)]
        letters[:, 2 * place + 1] = _VOWELS[syllable % len(_VOWELS)]
    return letters


def misspelt(letters: npt.NDArray[np.uint8], number: Ints) -> npt.NDArray[np.uint8]:
    """Return the words with a letter in the middle doubled in place of its neighbour, as hurried fingers do."""
    typed, row, place = letters.copy(), np.arange(len(letters)), 2 + number % 4
    typed[row, place + 1] = letters[row, place]
    return typed


def as_text(letters: npt.NDArray[np.uint8]) -> pa.Array:
    """Return the words as text."""
    flat = np.ascontiguousarray(letters).view(f"S{letters.shape[1]}").reshape(-1)
    return pa.array(flat, pa.binary()).cast(pa.string())


class Names:
    """What is written on the cards of a batch of parties; texts are made once and taken by index.

    `style` of a name: 0 as registered, 1 without legal form, 2 with a comma, 3 in capitals, 4 misspelt.
    """

    def __init__(self, number: Ints, persons: npt.NDArray[np.bool_], country: Ints) -> None:
        self._number, self._persons, self._country = number, persons, country
        letters = words(number)
        self._word = as_text(letters)
        self._styles = self._written(letters)
        self.domain = self._domains()
        self.email = self._emails(pick(FIRST_NAMES, number % len(FIRST_NAMES)), ".")
        self.other_email = self._emails(pick(DESKS, number % len(DESKS)), "+")

    def _written(self, letters: npt.NDArray[np.uint8]) -> pa.Array:
        word, typo = pc.utf8_capitalize(self._word), pc.utf8_capitalize(as_text(misspelt(letters, self._number)))
        first, trade = pick(FIRST_NAMES, self._number % len(FIRST_NAMES)), pick(TRADES, self._number % len(TRADES))
        person = pa.array(self._persons)

        def name(of: pa.Array) -> pa.Array:
            return pc.if_else(person, joined(first, " ", of), joined(of, " ", trade))

        def legal(separator: str) -> pa.Array:
            form = joined(separator, pick(LEGAL_FORMS, self._number % len(LEGAL_FORMS)))
            return pc.if_else(person, "", form)

        base = name(word)
        full = joined(base, legal(" "))
        styles = [full, base, joined(base, legal(", ")), pc.utf8_upper(full), joined(name(typo), legal(" "))]
        return pa.concat_arrays(styles)

    def _domains(self) -> pa.Array:
        own = joined(self._word, pick(ENDINGS, self._number % len(ENDINGS)))
        return pc.if_else(pa.array(self._persons), pick(PROVIDERS, self._number % len(PROVIDERS)), own)

    def _emails(self, local: pa.Array, separator: str) -> pa.Array:
        local = pc.utf8_lower(local)
        own = pc.if_else(pa.array(self._persons), joined(self._word, separator, local), local)
        return joined(own, "@", self.domain)

    def name(self, party: Ints, style: Ints) -> pa.Array:
        """Return names in a style."""
        return self._styles.take(pa.array(party + style * len(self._number)))

    def tax_id(self, party: Ints) -> pa.Array:
        """Return tax numbers."""
        return joined(pick(("DE", "US", "GB"), self._country[party]), numbered("", scrambled(self._number[party], 11)))

    def phone(self, party: Ints) -> pa.Array:
        """Return telephone numbers."""
        prefix = pick(("+49 ", "+1 ", "+44 "), self._country[party])
        return joined(prefix, numbered("", scrambled(self._number[party], 12)))

    def billing_id(self, party: Ints, second: npt.NDArray[np.bool_]) -> pa.Array:
        """Return ids of accounts at the payment provider, the first or the second of each party."""
        return numbered("cus_", scrambled(self._number[party], 13) + second * 1_000_000_000)
