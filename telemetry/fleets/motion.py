"""How fast members go, second by second: they cruise, slow down, stop, start again; machines dig and turn."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from telemetry.fleets.engine import Bools, Floats, Traits

_CRUISE_S, _STOP_S = 240.0, 35.0
_DIG_S, _IDLE_S = 60.0, 20.0
_HARDEST_BRAKE, _STRONGEST_PULL = -1.1, 0.6  # m/s2


@dataclass(frozen=True, slots=True)
class Motion:
    """Where everybody is in his way, how fast, and until when he goes on as he does."""

    speed_kmh: Floats
    travelled_m: Floats
    busy: Bools  # driving, or digging
    left_s: Floats  # seconds until that changes
    mood: Floats  # slow deviation from the usual speed


def begin(traits: Traits, rng: np.random.Generator) -> Motion:
    """Everybody somewhere on his way."""
    n = len(traits.mass_t)
    return Motion(
        speed_kmh=np.where(traits.running, traits.cruise_kmh * rng.uniform(0.5, 1.0, n), 0.0),
        travelled_m=rng.uniform(0, 30_000, n) * traits.running,
        busy=traits.running.copy(),
        left_s=rng.exponential(_CRUISE_S, n),
        mood=rng.normal(0, 1, n),
    )


def advance(motion: Motion, traits: Traits, rng: np.random.Generator) -> tuple[Motion, Floats, Floats]:
    """One second on; also the acceleration in m/s2 and the share of power that digging takes."""
    n = len(motion.speed_kmh)
    motion = _changed(motion, traits, rng, n)
    mood = 0.98 * motion.mood + 0.2 * rng.normal(0, 1, n)
    wanted = np.where(motion.busy & traits.running, traits.cruise_kmh * np.clip(1 + 0.15 * mood, 0.3, 1.3), 0.0)
    pull = np.clip((wanted - motion.speed_kmh) / 3.6 / 4, _HARDEST_BRAKE, _STRONGEST_PULL)
    speed = np.clip(motion.speed_kmh + 3.6 * pull, 0, None)
    speed = np.where(speed < 0.4, 0.0, speed)
    digging = np.where(traits.machine & motion.busy, np.clip(0.55 + 0.2 * mood, 0.1, 0.95), 0.03)
    went = (motion.speed_kmh + speed) / 2 / 3.6
    return (
        replace(motion, speed_kmh=speed, travelled_m=motion.travelled_m + went, mood=mood),
        (speed - motion.speed_kmh) / 3.6,
        digging,
    )


def _changed(motion: Motion, traits: Traits, rng: np.random.Generator, n: int) -> Motion:
    left = motion.left_s - 1
    over = left <= 0
    busy = motion.busy ^ over
    usual = np.where(traits.machine, np.where(busy, _DIG_S, _IDLE_S), np.where(busy, _CRUISE_S, _STOP_S))
    return replace(motion, busy=busy, left_s=np.where(over, 3 + rng.exponential(1.0, n) * usual, left))
