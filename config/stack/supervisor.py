"""Starts components in the order of their needs, keeps them running, stops them in reverse."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from asyncio.subprocess import DEVNULL, STDOUT, Process
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing, suppress
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Final

from config.stack.component import Component
from config.stack.console import Console
from config.stack.launch import kill_group, popen_options
from config.stack.state import write_children

POLL_SECONDS: Final = 0.05
READY_SECONDS: Final = 60.0
# Without an address, having lived this long counts as ready.
SETTLED_SECONDS: Final = 3.0
FIRST_PAUSE_SECONDS: Final = 0.5
LONGEST_PAUSE_SECONDS: Final = 30.0
# Who lived this long had started well: the next pause is the first one again.
HEALTHY_SECONDS: Final = 60.0
# How long the last words of a dead process may take to arrive.
DRAIN_SECONDS: Final = 1.0
LINE_LIMIT_BYTES: Final = 1 << 20


class UnknownComponentError(ValueError):
    """A component names another that is not part of the stack."""


class StepFailedError(RuntimeError):
    """A step did not end well, so what waits for it can never start."""


class Supervisor:
    """Runs ``components`` until it is told to stop. All of it lives in one thread, one event loop.

    ``on_ready`` is called once, when every component is ready for the first time.
    """

    def __init__(
        self,
        components: Sequence[Component],
        *,
        directory: Path,
        env: Mapping[str, str],
        console: Console,
        on_ready: Callable[[], None] = lambda: None,
    ) -> None:
        """Check that every need is met by another component, and that none waits for itself.

        Raises:
            UnknownComponentError: a component comes after one that is not there.
            CycleError: components wait for each other.
        """
        names = {component.name for component in components}
        for component in components:
            if missing := set(component.after) - names:
                raise UnknownComponentError(
                    f"{component.name} waits for {', '.join(missing)}: no such component."
                )
        TopologicalSorter({component.name: component.after for component in components}).prepare()
        self._keepers = {c.name: _Keeper(c, env=env, console=console, changed=self._note) for c in components}
        self._directory, self._on_ready = directory, on_ready
        self._stop = asyncio.Event()
        self._failure: BaseException | None = None

    def run(self) -> None:
        """Start all, serve until SIGINT or SIGTERM, stop all.

        Raises:
            StepFailedError: a step failed; everything has been stopped again. As for any other error
                in here: what cannot be supervised is not left running.
        """
        asyncio.run(self._run())
        if self._failure:
            raise self._failure

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._stop.set)
        tasks = [asyncio.create_task(self._keep(keeper)) for keeper in self._keepers.values()]
        tasks.append(asyncio.create_task(self._announce()))
        for task in tasks:
            task.add_done_callback(self._fail_with)
        await self._stop.wait()
        await asyncio.gather(*(self._end(keeper) for keeper in self._keepers.values()))
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _announce(self) -> None:
        awaited = [keeper for keeper in self._keepers.values() if keeper.component.awaited]
        await asyncio.gather(*(keeper.ready.wait() for keeper in awaited))
        self._on_ready()

    async def _keep(self, keeper: _Keeper) -> None:
        for name in keeper.component.after:
            await self._keepers[name].ready.wait()
        await keeper.keep()

    def _fail_with(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()):
            self._failure = self._failure or error
            self._stop.set()

    async def _end(self, keeper: _Keeper) -> None:
        """Stop a component once all that need it have stopped."""
        name = keeper.component.name
        keeper.stopping.set()
        needing = [k for k in self._keepers.values() if name in k.component.after]
        await asyncio.gather(*(k.stopped.wait() for k in needing))
        await keeper.stop()

    def _note(self) -> None:
        pids = {name: k.process.pid for name, k in self._keepers.items() if k.process is not None}
        write_children(self._directory, pids)


class _Keeper:
    """Keeps one component running."""

    def __init__(
        self, component: Component, *, env: Mapping[str, str], console: Console, changed: Callable[[], None]
    ) -> None:
        self.component = component
        self.process: Process | None = None
        self.ready, self.stopping, self.stopped = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._env, self._console, self._changed = env, console, changed
        self._said_ready, self._idle = asyncio.Event(), asyncio.Event()
        self._idle.set()
        self._pause_seconds = FIRST_PAUSE_SECONDS

    async def keep(self) -> None:
        """Run the component, again and again unless it is a step.

        Raises:
            StepFailedError: the step ended with an error.
        """
        while not self.stopping.is_set():
            started_at = time.monotonic()
            code = await self._run_once()
            if self.stopping.is_set():
                return
            if self.component.once:
                self._step_ended(code, seconds=time.monotonic() - started_at)
                return
            if time.monotonic() - started_at > HEALTHY_SECONDS:
                self._pause_seconds = FIRST_PAUSE_SECONDS
            self._say(f"died ({_ending(code)}), starting it again in {self._pause_seconds:g} s")
            await asyncio.sleep(self._pause_seconds)
            self._pause_seconds = min(2 * self._pause_seconds, LONGEST_PAUSE_SECONDS)

    async def stop(self) -> None:
        """Ask the component to end, wait, insist; leaves nothing of its process group."""
        self.stopping.set()
        process = self.process
        if process is not None and process.returncode is None:
            with suppress(ProcessLookupError):
                process.send_signal(self.component.stop_signal)
            try:
                await asyncio.wait_for(process.wait(), self.component.stop_seconds)
            except TimeoutError:
                self._say("does not end, killing it")
                kill_group(process.pid, signal.SIGKILL)
            await self._idle.wait()
            self._say("stopped")
        await self._idle.wait()
        self.stopped.set()

    async def _run_once(self) -> int:
        self._say("starting")
        self._idle.clear()
        try:
            self._said_ready.clear()
            self.process, output, transport = await self._launch()
            self._changed()
            with closing(transport):
                return await self._attend(self.process, output)
        finally:
            self._idle.set()

    async def _attend(self, process: Process, output: asyncio.StreamReader) -> int:
        """Pass on what it says and watch for it to be ready, until it ends."""
        async with asyncio.TaskGroup() as group:
            reading = group.create_task(self._read(output))
            waiting = group.create_task(self._wait_until_ready(process))
            if self.stopping.is_set():  # it was decided while the process was being made
                kill_group(process.pid, signal.SIGKILL)
            code = await process.wait()
            waiting.cancel()
            # Its own children do not go on without it, nor hold its log open.
            kill_group(process.pid, signal.SIGKILL)
            await asyncio.wait({reading}, timeout=DRAIN_SECONDS)
            reading.cancel()
        return code

    async def _launch(self) -> tuple[Process, asyncio.StreamReader, asyncio.ReadTransport]:
        """The process and its output, over a pipe of ours.

        asyncio's own would hide a death until all grandchildren have closed theirs.
        """
        read_end, write_end = os.pipe()
        output = asyncio.StreamReader(limit=LINE_LIMIT_BYTES)
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(output), os.fdopen(read_end, "rb")
        )
        try:
            process = await asyncio.create_subprocess_exec(
                *self.component.command,
                stdin=DEVNULL,
                stdout=write_end,
                stderr=STDOUT,
                **popen_options(self.component, self._env),
            )
        except OSError:
            transport.close()
            raise
        finally:
            os.close(write_end)
        return process, output, transport

    async def _read(self, output: asyncio.StreamReader) -> None:
        """Pass its lines on; one of them may say that it is ready."""
        while line := await _read_line(output):
            text = line.decode(errors="replace").rstrip()
            self._console.output(self.component.name, text)
            if self.component.ready_line and self.component.ready_line in text:
                self._said_ready.set()

    async def _wait_until_ready(self, process: Process) -> None:
        if self.component.once:
            return
        started_at = time.monotonic()
        while not await self._answers(started_at):
            if time.monotonic() - started_at > READY_SECONDS:
                self._say(f"does not answer after {READY_SECONDS:g} s, killing it")
                kill_group(process.pid, signal.SIGKILL)
                return
            # Often at first; a server that recovers for half a minute is not asked a thousand times.
            await asyncio.sleep(POLL_SECONDS + (time.monotonic() - started_at) / 10)
        seconds = time.monotonic() - started_at
        self._say(" ".join(["ready", self.component.place, f"({seconds:.1f} s)"]).replace("  ", " "))
        self.ready.set()

    async def _answers(self, started_at: float) -> bool:
        if self.component.ready_line:
            return self._said_ready.is_set()
        if not self.component.address:
            return time.monotonic() - started_at > SETTLED_SECONDS
        return await asyncio.to_thread(self.component.answers)

    def _step_ended(self, code: int, *, seconds: float) -> None:
        if code != 0:
            raise StepFailedError(f"{self.component.name} failed ({_ending(code)}); the log says why.")
        self._say(f"done ({seconds:.1f} s)")
        self.ready.set()

    def _say(self, text: str) -> None:
        self._console.state(self.component.name, text)


async def _read_line(stream: asyncio.StreamReader) -> bytes:
    """The next line; one that is too long comes in pieces."""
    try:
        return await stream.readline()
    except ValueError:
        return b"... (a line too long to show)\n"


def _ending(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit status {code}"
