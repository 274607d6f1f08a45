"""What each home's votes say of its neutral temperature; one home, one voice, however many votes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from comfort.preference import model
from comfort.preference.model import Floats, Ints

REPLACED_WITHIN_H: Final = 6.0
CROWDED_WITHIN_H: Final = 7 * 24.0
FORGOTTEN_IN_H: Final = 21 * 24.0
VARIANCE_GROWTH_K2_PER_H: Final = 0.05 / 24
MOST_K: Final = 2.0
# How much a vote of strength 1, 2 and 3 counts.
STRENGTH: Final = np.array([1.0, 0.7, 1.0, 1.3])


@dataclass(frozen=True, slots=True)
class VoteHistory:
    """Votes as columns, in any order.

    ``home``: which voice, 0 to ``homes`` - 1. ``age_h``: hours before now, not negative.
    ``sensation``: -3 to 3. ``temperature_c``: of the room when it was given, NaN where unknown.
    """

    homes: int
    home: Ints
    age_h: Floats
    sensation: Ints
    temperature_c: Floats


def home_shifts(votes: VoteHistory) -> Floats:
    """How much warmer than the prior each home wants it, in kelvins within +-2, shape ``(homes,)``.

    A scalar Laplace filter a home, all homes at once: the loop runs over the n-th vote of every home.
    """
    votes = standing(votes)
    rank, crowd = _rank_and_crowd(votes)
    mean = np.full(votes.homes, model.PRIOR_NEUTRAL_C)
    variance = np.full(votes.homes, model.PRIOR_VARIANCE_K2)
    # The age at which each home's belief was last true; nothing was said before the first vote.
    age_h = np.full(votes.homes, np.inf)
    for step in range(int(rank.max(initial=-1)) + 1):
        now = np.flatnonzero(rank == step)
        homes = votes.home[now]
        mean[homes], variance[homes] = _faded(
            mean[homes], variance[homes], hours=age_h[homes] - votes.age_h[now]
        )
        weight = STRENGTH[np.abs(votes.sensation[now])] / np.sqrt(crowd[now])
        mean[homes], variance[homes] = _learned(
            mean[homes], variance[homes], votes.sensation[now], votes.temperature_c[now], weight
        )
        age_h[homes] = votes.age_h[now]
    mean, _variance = _faded(mean, variance, hours=age_h)
    return mean - model.PRIOR_NEUTRAL_C


def standing(votes: VoteHistory) -> VoteHistory:
    """The votes that no newer vote of the same home replaced within six hours, oldest first in each home."""
    order = np.lexsort((-votes.age_h, votes.home))
    home, age_h = votes.home[order], votes.age_h[order]
    replaced = np.zeros(len(order), dtype=bool)
    replaced[:-1] = (home[1:] == home[:-1]) & (age_h[:-1] - age_h[1:] < REPLACED_WITHIN_H)
    kept = order[~replaced]
    return VoteHistory(
        homes=votes.homes,
        home=votes.home[kept],
        age_h=votes.age_h[kept],
        sensation=np.clip(votes.sensation[kept], -3, 3),
        temperature_c=votes.temperature_c[kept],
    )


def _rank_and_crowd(votes: VoteHistory) -> tuple[Ints, Ints]:
    """Of sorted votes: each one's number in its home, from 0, and its home's votes in the week up to it."""
    index = np.arange(len(votes.home))
    first = np.searchsorted(votes.home, votes.home, side="left")
    # One rising axis for all homes: time within a home, homes a thousand years apart.
    axis = votes.home * 1e7 - votes.age_h
    week = np.searchsorted(axis, axis - CROWDED_WITHIN_H, side="right")
    return index - first, index - np.maximum(week, first) + 1


def _faded(mean: Floats, variance: Floats, *, hours: Floats) -> tuple[Floats, Floats]:
    """Belief falls back to the prior as it ages; the prior itself does not change."""
    kept = np.exp(-hours / FORGOTTEN_IN_H)
    faded = model.PRIOR_NEUTRAL_C + (mean - model.PRIOR_NEUTRAL_C) * kept
    return faded, np.minimum(variance + VARIANCE_GROWTH_K2_PER_H * hours, model.PRIOR_VARIANCE_K2)


def _learned(
    mean: Floats, variance: Floats, sensation: Ints, temperature_c: Floats, weight: Floats
) -> tuple[Floats, Floats]:
    """One vote a home. An implausible vote counts little; one without a temperature half."""
    sign = np.sign(sensation)
    known = np.isfinite(temperature_c)
    # Unmeasured, the best guess is what the home finds neutral; such a vote carries half the information.
    temperature = np.where(known, temperature_c, mean)
    plausible = np.minimum(model.probability(sign, mean, temperature) / model.PLAUSIBLE, 1)
    weight = weight * plausible * np.where(known, 1.0, 0.5)
    gradient, information = model.gradient_and_information(sign, mean, temperature)
    # "Comfortable" is no guess at a number: it speaks for what the plant does for everybody.
    gradient = np.where(sign == 0, information * (model.PRIOR_NEUTRAL_C - mean), gradient)
    narrowed = 1 + weight * variance * information
    moved = mean + weight * variance * gradient / narrowed
    bounds = model.PRIOR_NEUTRAL_C - MOST_K, model.PRIOR_NEUTRAL_C + MOST_K
    return np.clip(moved, *bounds), variance / narrowed
