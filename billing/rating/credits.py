"""Taking back a part of an issued line: cumulative, so that no order of parts ever leaves a unit behind."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from billing.rating.lines import amount
from billing.rating.money import round_minor
from billing.terms import Rounding


class CreditTooLargeError(ValueError):
    """More was to be taken back than is left of the line, or nothing, or with the wrong sign."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Credited:
    """The issued line that is taken back: where it stands and what it came to."""

    number: str
    position: int
    net_minor: int
    tax_minor: int

    @property
    def total_minor(self) -> int:
        return self.net_minor + self.tax_minor


@dataclass(frozen=True, kw_only=True)
class Credit:
    """``minor`` of the line with its tax, after ``before_minor`` of it; both have the line's own sign.

    The amount before tax is the rounded share of all that was taken back up to now, less the share of
    what was before: the shares of any parts in any order sum to the line's own amounts.

    Raises:
        CreditTooLargeError: the parts together exceed the line, or a part takes back nothing.
    """

    line: Credited
    before_minor: int
    minor: int
    currency: str
    minor_digits: int

    def __post_init__(self) -> None:
        """Refuse what no order of parts could contain."""
        total = self.line.total_minor
        sign = 1 if total > 0 else -1
        if sign * self.minor <= 0 or sign * self.before_minor < 0 or sign * self._after > abs(total):
            raise CreditTooLargeError(
                f"{self._text(self.minor)} after {self._text(self.before_minor)} is no part of "
                f"{self._text(total)} on line {self.line.position} of {self.line.number}."
            )

    @property
    def net_minor(self) -> int:
        return self._net_of(self.before_minor) - self._net_of(self._after)

    @property
    def tax_minor(self) -> int:
        return -self.minor - self.net_minor

    @property
    def formula(self) -> str:
        """The calculation before tax, in figures and symbols."""
        net, result = self._text(self.line.net_minor), self._text(self.net_minor)
        if self.minor == self.line.total_minor:
            return f"−1 × {net} = {result}"
        share = f"{self._text(self._after)} / {self._text(self.line.total_minor)}"
        taken = f"{self._text(self._net_of(self.before_minor))} − " if self.before_minor else "−1 × "
        return f"{taken}{net} × {share} = {result}"

    @property
    def _after(self) -> int:
        return self.before_minor + self.minor

    def _net_of(self, minor: int) -> int:
        # One mode whatever the tariff's: no new amount is made here, an old one is shared out.
        return round_minor(Fraction(minor * self.line.net_minor, self.line.total_minor), Rounding.HALF_UP)

    def _text(self, minor: int) -> str:
        return amount(minor, self.currency, self.minor_digits)
