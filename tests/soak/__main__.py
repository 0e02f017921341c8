"""Load a server with twice what it can do, for a long time, and see that it stays well: `python -m tests.soak`.

Units: seconds where a name says so.
Holds: requests come when they are due, however slow the server is (an open loop), so that it cannot slow the load down.
Source: docs/reference/limits.md, "How it was tried".
"""

import argparse
import asyncio
import os
import sys
import tempfile
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Final

from tests.faults.books import new_books
from tests.faults.postgres import Cluster, Postgres
from tests.faults.proof import held_documents
from tests.faults.served import Served, verify
from tests.http.world import new_platform
from tests.soak.counts import Minute
from tests.soak.memory import grows, growth, resident
from tests.soak.traffic import CUSTOMERS, Ask, Told, Traffic
from tests.soak.wire import Wires

BUSINESSES: Final = 12
RAMP: Final = (2, 4, 8, 16, 32)
"""How many clients ask at once, each after its answer, until more of them get no more done."""
STEP_SECONDS: Final = 5.0
TIMES_SATURATED: Final = 2.0
COLLAPSED: Final = 0.3
"""A server that accepts less than this part of what it could do spends itself on turning requests away."""


def main() -> None:
    """Measure what the server can do, ask for twice as much, say how it went, and exit with 1 if anything is wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0, help="how long (default 30)")
    minutes = parser.parse_args().minutes
    with tempfile.TemporaryDirectory(prefix="duebook-soak-") as name:
        folder = Path(name)
        folder.chmod(0o777)
        postgres = Cluster.made(folder / "empty").copy(folder / "data")
        try:
            postgres.start()
            with Served.running(postgres.urls.serve, folder / "served.log") as served:
                soak = Soak(served, _traffic(served, postgres), Wires("127.0.0.1", served.port))
                asyncio.run(soak.run(minutes))
            failures = soak.failures() + _lost(postgres, soak.traffic) + verify(postgres.urls.serve)
        finally:
            postgres.stop()
    for failure in failures:
        print("WRONG:", failure)
    print("All is as it should be." if not failures else f"{len(failures)} things are wrong.")
    sys.exit(bool(failures))


def _traffic(served: Served, postgres: Postgres) -> Traffic:
    return Traffic([Told(books) for books in new_books(served.url, new_platform(postgres.urls.serve), BUSINESSES)])


@dataclass
class Soak:
    """One run."""

    served: Served
    traffic: Traffic
    wires: Wires
    saturated: float = 0.0
    """What the server does in a second when it is asked for no more than it can do."""
    minutes: list[Minute] = field(default_factory=lambda: [Minute()])
    resident: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    async def run(self, minutes: float) -> None:
        """Fill the books a little, find out how much the server can do, then ask for more."""
        await self._fill()
        self.saturated = await self._saturated()
        rate = TIMES_SATURATED * self.saturated
        print(f"{os.cpu_count()} processors, {BUSINESSES} businesses; load of the machine {os.getloadavg()[0]:.1f}")
        print(
            f"saturated at {self.saturated:.0f} requests a second; {rate:.0f} a second for {minutes:g} minutes",
            flush=True,
        )
        self.minutes = []
        await asyncio.gather(self._load(rate, minutes * 60), self._watch(minutes))
        self.wires.close()

    async def _fill(self) -> None:
        """One invoice for each customer, and the customers' ids."""
        for told in self.traffic.told:
            while len(told.customer_ids) < CUSTOMERS // 2:
                await asyncio.gather(*(self._ask(self.traffic.write(told), time.monotonic()) for _ in range(10)))
                path = f"/v1/businesses/{told.books.business_id}/customers"
                found = await asyncio.to_thread(told.books.get, path, limit=CUSTOMERS)
                told.customer_ids = [one["id"] for one in found["data"]]

    async def _saturated(self) -> float:
        """What is done in a second by as many clients as are of use."""
        best = 0.0
        for clients in RAMP:
            self.minutes = [Minute()]
            until = time.monotonic() + STEP_SECONDS
            await asyncio.gather(*(self._one_after_the_other(until) for _ in range(clients)))
            done = self.minutes[0].accepted.total() / STEP_SECONDS
            print(f"{clients:3} clients: {done:.0f} a second", flush=True)
            best = max(best, done)
        return best

    async def _one_after_the_other(self, until: float) -> None:
        while (now := time.monotonic()) < until:
            await self._ask(self.traffic.next(), now)

    async def _load(self, rate: float, seconds: float) -> None:
        due, random = time.monotonic(), Random(7)
        end = due + seconds
        async with asyncio.TaskGroup() as under_way:
            while (due := due + random.expovariate(rate)) < end:
                if (early := due - time.monotonic()) > 0:
                    await asyncio.sleep(early)
                under_way.create_task(self._ask(self.traffic.next(), due))

    async def _ask(self, ask: Ask, due: float) -> None:
        business = self.traffic.told.index(ask.of)
        try:
            answer = await self.wires.ask(ask.method, ask.path, ask.headers, ask.body)
        except (OSError, EOFError) as error:
            self.minutes[-1].wrong[f"{type(error).__name__} in place of an answer"] += 1
            return
        minute = self.minutes[-1]
        match answer.status:
            case 200 | 201:
                minute.accepted[business] += 1
                minute.latencies.append(time.monotonic() - due)
                ask.of.hear(ask, answer.body)
            case 503 if answer.headers.get("retry-after", "").isdigit():
                minute.refused[business] += 1
            case status:
                minute.wrong[f"{status} to {ask.method}: {answer.body[:200].decode()}"] += 1

    async def _watch(self, minutes: float) -> None:
        while len(self.minutes) < minutes:
            begun = time.monotonic()
            self.minutes.append(Minute())
            samples: dict[str, list[float]] = defaultdict(list)
            while (now := time.monotonic()) < begun + 60:
                for process, held in resident(self.served).items():
                    samples[process].append(held)
                    self.resident[process].append(held)
                await asyncio.sleep(min(5, begun + 60 - now))
            self.minutes[-1].seconds = time.monotonic() - begun
            memory = "  ".join(f"{process} {values[-1]:.0f} MiB" for process, values in samples.items())
            print(f"minute {len(self.minutes):2}  {self.minutes[-1]}  {memory}", flush=True)

    def failures(self) -> list[str]:
        """What went wrong."""
        found = [
            f"minute {place}: {what}"
            for place, minute in enumerate(self.minutes, 1)
            for what in minute.failures(BUSINESSES)
        ]
        accepted = sum(one.accepted.total() for one in self.minutes) / sum(one.seconds for one in self.minutes)
        print(f"{accepted:.0f} requests a second accepted, {accepted / self.saturated:.0%} of what saturates")
        if accepted < self.saturated * COLLAPSED:
            found.append("the server does much less when it is asked for more")
        for process, samples in self.resident.items():
            before, after = growth(samples)
            print(f"{process}: median of {before:.0f} MiB after the warm-up, {after:.0f} MiB at the end")
            if grows(samples):
                found.append(f"{process} grows from {before:.0f} to {after:.0f} MiB")
        if len(self.resident) != 3:
            found.append(f"processes came and went: {', '.join(self.resident)}")
        return found


def _lost(postgres: Postgres, traffic: Traffic) -> list[str]:
    """What was acknowledged and is not in the books, and what is there twice."""
    found = []
    for place, told in enumerate(traffic.told):
        held = Counter(held_documents(postgres, told.books))
        if lost := told.acknowledged - held.keys():
            found.append(f"business {place} has lost {len(lost)} writes, such as {next(iter(lost))}")
        if doubled := [document for document, times in held.items() if times > 1]:
            found.append(f"business {place} has {len(doubled)} writes twice, such as {doubled[0]}")
    print(f"{sum(len(told.acknowledged) for told in traffic.told):,} writes acknowledged, and looked for in the books")
    return found


if __name__ == "__main__":
    main()
