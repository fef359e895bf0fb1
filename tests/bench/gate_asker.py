"""Asks like gates: so many questions a second over kept connections, each begun at its own time whatever came before.

Run as a process of its own: `python gate_asker.py PORT FILE RATE SECONDS`. FILE holds the key, then a body a line. Prints
one JSON line: milliseconds of each answer from the moment its question was due, the answers by kind, what failed.
"""

import asyncio
import json
import sys
import time
from collections import Counter
from pathlib import Path

CONNECTIONS = 64


class Line:
    """One kept connection."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.reader: asyncio.StreamReader | None = None
        self.writer: asyncio.StreamWriter | None = None

    async def ask(self, head: bytes, body: bytes) -> tuple[int, bytes]:
        """Status and body of the answer."""
        if self.writer is None or self.reader is None:
            self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        self.writer.write(head + f"Content-Length: {len(body)}\r\n\r\n".encode() + body)
        await self.writer.drain()
        top = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        size = next(int(line[15:]) for line in top.split("\r\n") if line.lower().startswith("content-length:"))
        return int(top[9:12]), await self.reader.readexactly(size)

    def drop(self) -> None:
        if self.writer is not None:
            self.writer.close()
        self.reader = self.writer = None


async def run(port: int, key: str, bodies: list[bytes], rate: float, seconds: float) -> dict[str, object]:
    """Ask and measure."""
    head = (
        f"POST /api/v1/gate-checks HTTP/1.1\r\nHost: gate\r\nAuthorization: Bearer {key}\r\n"
        "Content-Type: application/json\r\n"
    ).encode()
    free: asyncio.LifoQueue[Line] = asyncio.LifoQueue()
    for _ in range(CONNECTIONS):
        free.put_nowait(Line(port))
    took: list[float] = []
    answers: Counter[str] = Counter()

    async def one(due: float, body: bytes) -> None:
        line = await free.get()
        try:
            status, said = await line.ask(head, body)
            answers[json.loads(said)["answer"] if status == 200 else f"status {status}"] += 1
        except (OSError, asyncio.IncompleteReadError, ValueError) as fault:
            line.drop()
            answers[f"failed {type(fault).__name__}"] += 1
        took.append((time.perf_counter() - due) * 1000)
        free.put_nowait(line)

    begun = time.perf_counter() + 0.2
    tasks = []
    for number in range(int(rate * seconds)):
        due = begun + number / rate
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        tasks.append(asyncio.create_task(one(due, bodies[number % len(bodies)])))
    await asyncio.gather(*tasks)
    return {"took_ms": took, "answers": answers, "seconds": time.perf_counter() - begun}


def main() -> None:
    """Read, ask, print."""
    port, path, rate, seconds = int(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4])
    key, *bodies = path.read_bytes().splitlines()
    print(json.dumps(asyncio.run(run(port, key.decode(), bodies, rate, seconds))), flush=True)


if __name__ == "__main__":
    main()
