# SPDX-License-Identifier: Apache-2.0
"""What every machine that can boot Bulkhead looks like to the tools: a process, and a serial port to talk to."""
import ctypes
import os
import pty
import re
import select
import signal
import subprocess
import time
import tty


PR_SET_PDEATHSIG = 1


def _end_with_parent():
    """In the emulator's process: a tool that is killed takes its emulators with it."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Ended(Exception):
    """The machine is gone, or its time is up, before what was waited for appeared on its console."""


class Machine:
    """A machine that boots an ISO.  A subclass says how it is started: command(), and environment files in prepare().

    `directory` is the machine's own scratch directory: one per running machine.
    """

    name = "a machine"
    memory_mib = 1024
    # Bytes of typing that the serial port takes at once, and seconds between such pieces; 0: any number.
    typing_piece, typing_pause = 0, 0

    def __init__(self, iso, directory, memory_mib=None):
        self.iso = os.path.abspath(iso)
        self.directory = str(directory)
        if memory_mib:
            self.memory_mib = memory_mib
        self.process = None
        self.transcript = b""  # everything the serial port said
        self.serial, self._serial_slave = pty.openpty()
        tty.setraw(self._serial_slave)
        self.serial_path = os.ttyname(self._serial_slave)

    # What a subclass provides.

    def prepare(self):
        """Writes the files the emulator needs into self.directory."""

    def command(self):
        """The emulator's command line.  Its serial port is self.serial_path, or standard input and output."""
        raise NotImplementedError

    def serial_is_stdio(self):
        return False

    def diagnosis(self):
        """What to show of the emulator's own words when a run failed."""
        return ""

    # What the tools use.

    def start(self):
        self.prepare()
        own = open(os.path.join(self.directory, "emulator.out"), "wb")
        port = self._serial_slave if self.serial_is_stdio() else None
        self.process = subprocess.Popen(self.command(), cwd=self.directory, start_new_session=True,
                                        preexec_fn=_end_with_parent,
                                        stdin=port if port is not None else subprocess.DEVNULL,
                                        stdout=port if port is not None else own, stderr=own)
        own.close()
        return self

    def running(self):
        return self.process is not None and self.process.poll() is None

    def read(self, timeout):
        """Bytes from the serial port, b"" if there are none within `timeout` seconds; Ended when there never will be."""
        alive = self.running()
        ready, _, _ = select.select([self.serial], [], [], timeout if alive else 0)
        if not ready:
            if not alive:
                raise Ended(f"{self.name} has stopped")
            return b""
        data = os.read(self.serial, 65536)
        self.transcript += data
        return data

    def write(self, data):
        """Types `data` on the serial port, no faster than it takes it."""
        while data:
            data = data[os.write(self.serial, data[:self.typing_piece or len(data)]):]
            if data and self.typing_piece:
                pause_ends = time.monotonic() + self.typing_pause
                while (left := pause_ends - time.monotonic()) > 0:
                    self.read(left)

    def wait_for(self, pattern, timeout, start=0):
        """Waits for the regular expression on the console, from byte `start` of the transcript on; the match."""
        expression = re.compile(pattern.encode() if isinstance(pattern, str) else pattern, re.MULTILINE)
        deadline = time.monotonic() + timeout
        while True:
            found = expression.search(self.transcript, start)
            if found:
                return found
            if time.monotonic() > deadline:
                raise Ended(f"no {pattern!r} on the console within {timeout:.0f} seconds")
            try:
                self.read(0.5)
            except Ended:
                found = expression.search(self.transcript, start)
                if found:
                    return found
                raise Ended(f"{self.name} stopped before {pattern!r} appeared on its console") from None

    def wait_for_end(self, timeout):
        """Waits until the machine has stopped by itself; its exit status."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            try:
                self.read(0.5)
            except Ended:
                return self.process.returncode
        raise Ended(f"{self.name} did not stop within {timeout:.0f} seconds")

    def stop(self):
        """Ends the machine, whatever it is doing, and keeps what it still had to say."""
        if self.running():
            try:
                os.killpg(self.process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            self.process.wait()
        if self.serial is not None:
            try:
                while self.read(0):
                    pass
            except (Ended, OSError):
                pass
            os.close(self.serial)
            os.close(self._serial_slave)
            self.serial = None

    def text(self):
        """The console so far, as text with plain line ends."""
        return self.transcript.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "")

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()
