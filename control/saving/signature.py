"""The energy signature of a station (IPMVP option C): daily heat = base + slope x (balance - outdoors)+."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# Above it a building of any kind needs no heating.
BALANCES_C: Final = np.arange(12.0, 20.01, 0.5)
# A daily signature worse than this explains too little to subtract from (ASHRAE guideline 14).
WORST_CV_RMSE: Final = 0.25
LEAST_BASELINE_DAYS: Final = 30
LEAST_REPORTING_DAYS: Final = 14
# The baseline must have seen the reporting weather, but for these few kelvins.
BEYOND_K: Final = 3.0
# Two-sided 90 %.
Z: Final = 1.6449


class NotEnoughError(ValueError):
    """No honest figure can be given; the code says why."""

    def __init__(self, code: str) -> None:
        """``code`` is ``baseline``, ``reporting``, ``scatter``, ``weather`` or ``flat``."""
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Days:
    """A row a day, in order: heat in kWh, mean outdoors, mean rooms (NaN where not measured)."""

    heat_kwh: Floats
    outdoor_c: Floats
    room_c: Floats

    def __len__(self) -> int:
        """How many days."""
        return len(self.heat_kwh)


@dataclass(frozen=True, slots=True)
class Signature:
    """What the baseline says, and how well.

    ``spread`` is the covariance of base and slope for independent days; ``noise_kwh`` is a day's standard
    error, ``inflation`` what the days' likeness to their neighbours makes of a sum's variance.
    """

    base_kwh: float
    slope_kwh_k: float
    balance_c: float
    cv_rmse: float
    noise_kwh: float
    inflation: float
    spread: Floats

    def heat_kwh(self, outdoor_c: Floats, *, cooler_k: float = 0.0) -> Floats:
        """The days' heat in this weather, with rooms cooler than in the baseline."""
        return self.base_kwh + self.slope_kwh_k * np.maximum(self.balance_c - cooler_k - outdoor_c, 0.0)


@dataclass(frozen=True, slots=True)
class Saving:
    """What was saved, as a share of what the baseline would have used, with its 90 % interval.

    ``share`` is everything; ``cooler_share`` is the part of it that the rooms paid for by being cooler
    (negative where they are warmer). ``saved_kwh`` belongs to ``share``.
    """

    expected_kwh: float
    used_kwh: float
    saved_kwh: float
    share: float
    low: float
    high: float
    cooler_k: float | None
    cooler_share: float | None
    signature: Signature

    @property
    def is_certain(self) -> bool:
        """Whether the interval lies on one side of nothing."""
        return self.low > 0 or self.high < 0


def fitted(days: Days) -> Signature:
    """The signature of the baseline; the balance temperature is the one that explains most.

    Raises:
        NotEnoughError: too few days, too little weather, too much scatter.
    """
    if len(days) < LEAST_BASELINE_DAYS:
        raise NotEnoughError("baseline")
    fits = [_least_squares(days, balance_c) for balance_c in BALANCES_C]
    balance_c, beta, residuals, spread = min(fits, key=lambda fit: float(fit[2] @ fit[2]))
    freedom = len(days) - 3
    noise = float(np.sqrt(residuals @ residuals / freedom))
    cv_rmse = noise / float(np.mean(days.heat_kwh))
    if beta[1] <= 0:
        raise NotEnoughError("flat")
    if cv_rmse > WORST_CV_RMSE:
        raise NotEnoughError("scatter")
    squares = max(float(residuals @ residuals), 1e-9)
    likeness = min(max(float(residuals[1:] @ residuals[:-1]) / squares, 0.0), 0.9)
    # A short series underrates its own likeness (Kendall): about (1 + 3 r) / n.
    likeness = min(likeness + (1 + 3 * likeness) / len(days), 0.9)
    return Signature(
        base_kwh=float(beta[0]),
        slope_kwh_k=float(beta[1]),
        balance_c=float(balance_c),
        cv_rmse=cv_rmse,
        noise_kwh=noise,
        inflation=(1 + likeness) / (1 - likeness),
        spread=spread,
    )


def saving(baseline: Days, reporting: Days) -> Saving:
    """What the reporting days used less than the baseline would have.

    Raises:
        NotEnoughError: the baseline or the reporting days say too little.
    """
    if len(reporting) < LEAST_REPORTING_DAYS:
        raise NotEnoughError("reporting")
    signature = fitted(baseline)
    if np.min(reporting.outdoor_c) < np.min(baseline.outdoor_c) - BEYOND_K:
        raise NotEnoughError("weather")
    expected = float(signature.heat_kwh(reporting.outdoor_c).sum())
    used = float(reporting.heat_kwh.sum())
    width = _half_width_kwh(signature, baseline, reporting)
    cooler = _cooler_k(baseline, reporting)
    cooler_share = None
    if cooler is not None:
        at_these_rooms = float(signature.heat_kwh(reporting.outdoor_c, cooler_k=cooler).sum())
        cooler_share = (expected - at_these_rooms) / expected
    saved = expected - used
    return Saving(
        expected_kwh=expected,
        used_kwh=used,
        saved_kwh=saved,
        share=saved / expected,
        low=(saved - width) / expected,
        high=(saved + width) / expected,
        cooler_k=cooler,
        cooler_share=cooler_share,
        signature=signature,
    )


def beside(treated: Saving, controls: list[Saving]) -> tuple[float, float, float]:
    """The share saved beyond what stations without the treatment saved in the same time, and its interval.

    Difference in differences: what the whole town did (warm flats, another bill) is not the controller's.
    """
    if not controls:
        return treated.share, treated.low, treated.high
    widths = np.array([(each.high - each.low) / 2 for each in controls])
    others = float(np.mean([each.share for each in controls]))
    width = float(np.hypot((treated.high - treated.low) / 2, np.sqrt((widths**2).sum()) / len(controls)))
    share = treated.share - others
    return share, share - width, share + width


def _least_squares(days: Days, balance_c: float) -> tuple[float, Floats, Floats, Floats]:
    design = np.stack([np.ones(len(days)), np.maximum(balance_c - days.outdoor_c, 0.0)], axis=1)
    beta, *_rest = np.linalg.lstsq(design, days.heat_kwh, rcond=None)
    residuals = days.heat_kwh - design @ beta
    return balance_c, beta, residuals, np.linalg.pinv(design.T @ design)


def _half_width_kwh(signature: Signature, baseline: Days, reporting: Days) -> float:
    """Half of the interval of a sum: the coefficients' doubt and the reporting days' own noise."""
    heating = np.maximum(signature.balance_c - reporting.outdoor_c, 0.0).sum()
    total = np.array([float(len(reporting)), heating])
    unit = float(total @ signature.spread @ total) + len(reporting)
    # Days alike carry fewer degrees of freedom; Student's t by its expansion.
    freedom = max((len(baseline) - 3) / signature.inflation, 4.0)
    quantile = Z + (Z**3 + Z) / (4 * freedom)
    return float(quantile * signature.noise_kwh * np.sqrt(unit * signature.inflation))


def _cooler_k(baseline: Days, reporting: Days) -> float | None:
    """How much cooler the rooms are than in the baseline; None where either was not measured."""
    before, after = (
        baseline.room_c[np.isfinite(baseline.room_c)],
        reporting.room_c[np.isfinite(reporting.room_c)],
    )
    if len(before) < LEAST_REPORTING_DAYS or len(after) < LEAST_REPORTING_DAYS:
        return None
    return float(before.mean() - after.mean())
