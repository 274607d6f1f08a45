"""One tick for all stations: the walk from what is observed to what may leave."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from control.regulator import balance, curve, envelope, limits, outdoor
from control.regulator.types import Clip, Decision, Flags, Floats, Ints, Learned, Memory, Observed, Plant


@dataclass(frozen=True, slots=True)
class _Wish:
    """What the rooms and the votes ask for, before the envelope."""

    local_c: Floats
    # The local curve as the station's heat balance corrects it; the envelope lies round this one.
    curve_c: Floats
    learned: Learned
    comfort_shift_k: Floats
    comfort_k: Floats
    room_c: Floats
    lack_k: Floats
    feedback_k: Floats
    clips: Ints


def regulate(plant: Plant, observed: Observed, memory: Memory) -> Decision:
    """Decide every station's setpoint; whatever comes in, what leaves is inside the envelope."""
    outdoor_c = outdoor.felt_c(observed)
    sighted = np.isfinite(outdoor_c)
    # Blind stations are carried along on a mild day's figures and masked at the end.
    memory = _sane(memory)
    felt_c = _smoothed(np.where(sighted, outdoor_c, limits.COLD_OUTDOOR_C), memory)
    wish = _wish(plant, observed, memory, felt_c)
    before = _before(plant, observed, memory)
    bounded = envelope.bounded(
        plant,
        wanted_c=wish.curve_c + wish.feedback_k + wish.comfort_k,
        comfort_k=wish.comfort_k,
        local_c=wish.curve_c,
        outdoor_c=felt_c,
        before=before,
    )
    supply_c, frost = envelope.frost_guarded(
        plant,
        supply_c=bounded.supply_c,
        local_c=wish.local_c,
        outdoor_c=felt_c,
        return_c=limits.within(observed.return_c, limits.WATER_RANGE_C),
    )
    clips = wish.clips | bounded.clips | np.where(frost, Clip.FROST, 0)
    after = Memory(
        hours=np.zeros_like(felt_c),
        supply_c=supply_c,
        comfort_k=bounded.comfort_k,
        integral_k=_integrated(plant, memory, wish=wish, clips=clips),
        room_c=wish.room_c,
        allowance_k=bounded.allowance_k,
        outdoor_c=felt_c,
        learned=wish.learned,
    )
    return Decision(
        sighted=sighted,
        supply_c=np.where(sighted, supply_c, np.nan),
        clips=np.where(sighted, clips, Clip.NO_OUTDOOR),
        memory=_kept_where_blind(after, memory, sighted),
        terms=_terms(observed, wish, before=before, after=after),
    )


def _wish(plant: Plant, observed: Observed, memory: Memory, felt_c: Floats) -> _Wish:
    asked = np.nan_to_num(observed.comfort_shift_k, nan=0.0)
    shift = np.clip(asked, plant.comfort_min_k, plant.comfort_max_k)
    local = curve.supply_c(plant, outdoor_c=felt_c)
    room = _filtered(observed, memory)
    lack = plant.room_target_c + shift - room
    learned = _learned(plant, observed, memory, local_c=local, room_c=room, felt_c=felt_c)
    few = (observed.rooms < limits.LEAST_ROOMS) | ~np.isfinite(lack)
    lack = np.where(few, 0.0, lack)
    feedback = np.where(few, 0.0, _gain(plant, learned) * lack + memory.integral_k)
    return _Wish(
        local_c=local,
        curve_c=local + learned.correction_k,
        learned=learned,
        comfort_shift_k=shift,
        comfort_k=curve.supply_c(plant, outdoor_c=felt_c, warmer_k=shift) - local,
        room_c=room,
        lack_k=lack,
        feedback_k=feedback,
        clips=(shift != asked) * int(Clip.COMFORT) | few * int(Clip.FEW_ROOMS),
    )


def _learned(
    plant: Plant, observed: Observed, memory: Memory, *, local_c: Floats, room_c: Floats, felt_c: Floats
) -> Learned:
    """What the water and the rooms it made say of the curve; nothing where too few rooms are seen."""
    water = limits.within(observed.supply_c, limits.WATER_RANGE_C)
    water = np.where(np.isfinite(water), water, memory.supply_c)
    too_warm = room_c - plant.room_target_c
    gain = limits.supply_per_room(_slope(plant, memory.learned))
    return balance.observed(
        memory.learned,
        lack_k=water - local_c - gain * too_warm,
        outdoor_c=felt_c,
        hours=np.minimum(memory.hours, limits.TIME_TO_LIVE_H),
        seen=(observed.rooms >= limits.LEAST_ROOMS) & np.isfinite(room_c),
    )


def _before(plant: Plant, observed: Observed, memory: Memory) -> envelope.Before:
    """A setpoint still alive counts; after its time the station has run by itself, so its water counts."""
    rate = limits.rate_k_per_h(plant.floor_heating)
    alive = (memory.hours <= limits.TIME_TO_LIVE_H) & np.isfinite(memory.supply_c)
    water = limits.within(observed.supply_c, limits.WATER_RANGE_C)
    allowance = np.minimum(memory.allowance_k + rate * memory.hours, rate * limits.SAVED_H)
    return envelope.Before(
        supply_c=np.where(alive, memory.supply_c, water),
        comfort_k=np.where(alive, memory.comfort_k, 0.0),
        allowance_k=np.where(alive, allowance, rate * limits.SAVED_H),
    )


def _filtered(observed: Observed, memory: Memory) -> Floats:
    """A two-hour moving mean against sensor noise; a long silence starts it afresh."""
    room = limits.within(observed.room_c, limits.ROOM_RANGE_C)
    fresh = ~np.isfinite(memory.room_c) | (memory.hours > limits.ROOM_FILTER_H)
    step = memory.room_c + (1 - np.exp(-memory.hours / limits.ROOM_FILTER_H)) * (room - memory.room_c)
    return np.where(fresh, room, np.where(np.isfinite(room), step, memory.room_c))


def _smoothed(felt_c: Floats, memory: Memory) -> Floats:
    """The felt temperature without the saw-tooth of the hours; a long silence starts it afresh."""
    fresh = ~np.isfinite(memory.outdoor_c) | (memory.hours > limits.OUTDOOR_FILTER_H)
    share = 1 - np.exp(-memory.hours / limits.OUTDOOR_FILTER_H)
    return np.where(fresh, felt_c, memory.outdoor_c + share * (felt_c - memory.outdoor_c))


def _integrated(plant: Plant, memory: Memory, *, wish: _Wish, clips: Ints) -> Floats:
    """Anti-windup: what the envelope holds back is not piled up behind it."""
    saturated = clips & (Clip.TRUST | Clip.HIGHEST | Clip.LOWEST | Clip.RATE) != 0
    floor = plant.floor_heating
    hours = np.minimum(memory.hours, limits.TIME_TO_LIVE_H)
    step = _gain(plant, wish.learned) * wish.lack_k * hours / limits.integral_hours(floor)
    moved = memory.integral_k + np.where(saturated, 0.0, step)
    return np.clip(moved, -limits.INTEGRAL_MOST_K, limits.INTEGRAL_MOST_K)


def _slope(plant: Plant, learned: Learned) -> Floats:
    """The curve's slope as the heat balance corrects it: like plants are answered alike."""
    return curve.slope(plant) + learned.slope_per_k


def _gain(plant: Plant, learned: Learned) -> Floats:
    return limits.gain(plant.floor_heating, _slope(plant, learned))


def _sane(memory: Memory) -> Memory:
    """Memory is stored and may be old, empty or absurd."""
    return Memory(
        hours=np.maximum(np.nan_to_num(memory.hours, nan=np.inf, posinf=np.inf), 0),
        supply_c=limits.within(memory.supply_c, limits.WATER_RANGE_C),
        comfort_k=np.nan_to_num(limits.within(memory.comfort_k, (-30.0, 30.0))),
        integral_k=np.clip(
            np.nan_to_num(memory.integral_k, posinf=0, neginf=0),
            -limits.INTEGRAL_MOST_K,
            limits.INTEGRAL_MOST_K,
        ),
        room_c=limits.within(memory.room_c, limits.ROOM_RANGE_C),
        allowance_k=np.maximum(np.nan_to_num(memory.allowance_k, posinf=0, neginf=0), 0),
        outdoor_c=limits.within(memory.outdoor_c, limits.OUTDOOR_RANGE_C),
        learned=balance.sane(memory.learned),
    )


def _kept_where_blind(after: Memory, before: Memory, sighted: Flags) -> Memory:
    def kept(new: Memory | Learned, old: Memory | Learned, names: Collection[str]) -> dict[str, Floats]:
        return {name: np.where(sighted, getattr(new, name), getattr(old, name)) for name in names}

    return Memory(
        **kept(after, before, [name for name in Memory.__slots__ if name != "learned"]),
        learned=Learned(**kept(after.learned, before.learned, Learned.__slots__)),
    )


def _terms(observed: Observed, wish: _Wish, *, before: envelope.Before, after: Memory) -> dict[str, Floats]:
    """What made the setpoints, by stored name; NaN where it is unknown."""
    return {
        "outdoor_c": after.outdoor_c,
        "outdoor_measured_c": observed.outdoor_c,
        "local_c": wish.local_c,
        "learned_k": wish.learned.correction_k,
        "confidence": balance.confidence(wish.learned, after.outdoor_c),
        "curve_c": wish.curve_c,
        "room_c": wish.room_c,
        "rooms": observed.rooms.astype(np.float64),
        "room_lack_k": wish.lack_k,
        "feedback_k": wish.feedback_k,
        "integral_k": after.integral_k,
        "comfort_shift_k": wish.comfort_shift_k,
        "comfort_k": wish.comfort_k,
        "wanted_c": wish.curve_c + wish.feedback_k + wish.comfort_k,
        "before_c": before.supply_c,
        "supply_c": after.supply_c,
    }
