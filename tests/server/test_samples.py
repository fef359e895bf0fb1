"""Samples: the view and the decoder agree on every protocol; thinning keeps peaks and gaps."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from server.db import connect, connect_engine, transaction
from server.flows.ingest import Ingest
from server.store.samples import CURVES, VALUES, from_view, samples, thin
from telemetry.fleet import CHAOYANG_WAYS, Activity, Character, Member, machine_code, phone, stream, vin

pytestmark = pytest.mark.server
START = datetime(2026, 11, 24, 0, 0, tzinfo=UTC)
END = START + timedelta(hours=2)


class Message(NamedTuple):
    topic: str
    payload: bytes
    qos: int = 1
    retained: bool = False


MEMBERS = (
    ("hdv", vin(1), "A", "wgs84"), ("hdv", vin(2), "C", "wgs84"), ("hdv", vin(3), "A", "gcj02"),
    ("jt808", phone(1), "", "wgs84"), ("nrmm", machine_code(1), "hj1014", "wgs84"),
    ("nrmm", machine_code(2), "hj1322", "wgs84"), ("json", "TRACKER1", "", "bd09"),
)  # fmt: skip


@pytest.fixture(scope="module")
def engine(database_url: str) -> Iterator[Engine]:
    one = connect_engine(database_url)
    with transaction(one) as connection:
        for kind, device, _, coordinates in MEMBERS:
            connection.execute(
                text("INSERT INTO terminals (kind, device, coordinates) VALUES (:k, :d, :c)"),
                {"k": kind, "d": device, "c": coordinates},
            )
    fleet = [
        Member(device, kind, layout, "tractor" if kind != "nrmm" else "excavator", "VI" if kind != "nrmm" else "IV",
               CHAOYANG_WAYS[i % len(CHAOYANG_WAYS)], Activity.DRIVING, Character.NORMAL)
        for i, (kind, device, layout, _) in enumerate(MEMBERS)
    ]  # fmt: skip
    emitted = list(stream(fleet, int(START.timestamp() * 1e6), 120, seed=5))
    with connect(database_url) as connection:
        messages = [Message(f"emission/v1/{one.kind}/{one.device}/up", one.frame) for one in emitted]
        Ingest(connection, 0, 100).take(messages, int(START.timestamp() * 1e6) + 125_000_000)
    yield one
    one.dispose()


@pytest.mark.parametrize("device", [member[1] for member in MEMBERS])
def test_the_view_and_the_decoder_agree(engine: Engine, device: str) -> None:
    with transaction(engine) as connection:
        number = connection.execute(text("SELECT id FROM terminals WHERE device = :d"), {"d": device}).scalar_one()
        seen, decoded = from_view(connection, number, START, END), samples(connection, number, START, END)
        whole = connection.execute(
            text("SELECT count(*) FROM samples WHERE terminal_id = :t"), {"t": number}
        ).scalar_one()
    assert len(seen) == whole and len(seen) > 1
    assert list(seen.columns) == list(VALUES) == list(decoded.columns)
    assert seen.index.equals(decoded.index.astype(seen.index.dtype))
    for name in VALUES:
        if name in ("alarm", "status"):  # bits: the view of a stream frame has none, the decoder's are 0
            continue
        left, right = (
            seen[name].to_numpy(np.float64, na_value=np.nan),
            decoded[name].to_numpy(np.float64, na_value=np.nan),
        )
        np.testing.assert_allclose(left, right, rtol=1e-6, atol=2e-5, err_msg=name)


def test_a_stretch_without_packets_is_an_empty_frame(engine: Engine) -> None:
    with transaction(engine) as connection:
        for read in (from_view, samples):
            frame = read(connection, 1, END, END + timedelta(hours=1))
            assert len(frame) == 0 and list(frame.columns) == list(VALUES)


def frame_of(seconds: list[int], values: list[float]) -> pd.DataFrame:
    index = pd.to_datetime(START) + pd.to_timedelta(seconds, unit="s")
    table = {name: values for name in CURVES} | {"lon": [120.0] * len(values), "lat": [41.0] * len(values)}
    frame = pd.DataFrame(table, index=index)
    frame["fix_valid"] = pd.array([True] * len(values), dtype="boolean")
    return frame


@given(
    st.lists(st.one_of(st.floats(-200, 3000), st.just(float("nan"))), min_size=1, max_size=400),
    st.integers(10, 60),
)
def test_thinning_keeps_the_lowest_and_highest_and_invents_nothing(values: list[float], points: int) -> None:
    frame = frame_of(list(range(len(values))), values)
    curve = thin(frame, points).curves["speed_kmh"]
    known = {round(v, 4) for v in values if not np.isnan(v)}
    shown = [v for _, v in curve if v is not None]
    assert set(shown) <= known
    if known:
        assert min(shown) == min(known) and max(shown) == max(known)
    assert [t for t, _ in curve] == sorted(t for t, _ in curve)
    assert sum(v is not None for _, v in curve) <= max(points + 2, len(values) if len(values) <= points else 0)


def test_a_gap_in_time_and_a_gap_in_the_value_stay_gaps() -> None:
    nan = float("nan")
    frame = frame_of([0, 1, 2, 500, 501, 502, 503], [1, 2, 3, 4, 5, nan, 7])
    thinned = thin(frame, 1000)
    assert [v for _, v in thinned.curves["speed_kmh"]] == [1, 2, 3, None, 4, 5, None, 7]
    assert [row[0] is None for row in thinned.track] == [False] * 3 + [True] + [False] * 4


def test_a_day_at_one_hertz_comes_down_to_the_points_with_its_peak() -> None:
    values = [50.0] * 86_400
    values[43_210] = 1999.0
    thinned = thin(frame_of(list(range(86_400)), values), 2000)
    curve = thinned.curves["nox_downstream_ppm"]
    assert len(curve) <= 2002 and max(v for _, v in curve if v is not None) == 1999.0 and thinned.samples_n == 86_400
