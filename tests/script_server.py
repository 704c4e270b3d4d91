"""Scripts that start in milliseconds: a server imports their packages once, and runs each script in a fork.

A script stays a process of its own, and loads its code from its own folder; only packages come from the server.
What tests say of it is therefore true of one that Python starts, which takes one to five seconds longer; but not
where a package reads a variable of the environment when it is imported. The first
run in tests/test_workflow.py, tests/lib/test_cli.py and the kills start scripts without a server.
"""

import atexit
import gc
import importlib
import json
import os
import runpy
import select
import shutil
import socket
import subprocess
import sys
import threading
import traceback
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import NoReturn

# The `python` of rules: it starts without site-packages, in 20 ms, and asks the server.
CLIENT = """\
#!{python} -IS
import os, sys
if len(sys.argv) < 2 or not sys.argv[1].startswith("scripts/"):
    os.execv({python!r}, [{python!r}, *sys.argv[1:]])
sys.path.append({folder!r})
from script_server import ask
sys.exit(ask({address!r}, [sys.argv[1:], os.getcwd(), dict(os.environ)], (0, 1, 2)))
"""


def ask(address: str, request: list, streams: tuple[int, ...]) -> int:
    """Let a server run `[command, folder, environment]` with these standard streams: the exit status."""
    message = json.dumps(request).encode()
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(address)
        socket.send_fds(connection, [len(message).to_bytes(8, "big")], streams)
        connection.sendall(message)
        return int(connection.makefile().readline())


class ScriptServer:
    """A server in a folder with its socket, and `bin/python` for rules. It ends with the process that starts it."""

    def __init__(self, folder: Path, environment: dict[str, str]):
        self.folder, self.address, self.own = folder, str(folder / "socket"), environment
        path = f"{folder / 'bin'}{os.pathsep}{environment['PATH']}"
        self.environment = environment | {"PATH": path}  # with which rules ask the server

    def start(self) -> None:
        """Start the server, which answers at once."""
        client, tests = self.folder / "bin" / "python", str(Path(__file__).parent)
        client.parent.mkdir()
        client.write_text(CLIENT.format(python=sys.executable, folder=tests, address=self.address))
        client.chmod(0o755)
        command = [sys.executable, __file__, self.address]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, env=self.own)
        assert self.process.stdout.readline() == b"ready\n"

    def run(
        self, command: list[str], folder: Path, environment: dict[str, str]
    ) -> subprocess.CompletedProcess:
        """Run `SCRIPT FLAG...` in a folder: the exit status, and what it printed as text."""
        with TemporaryFile("w+") as out, TemporaryFile("w+") as err, Path(os.devnull).open() as nothing:
            streams = tuple(file.fileno() for file in (nothing, out, err))
            status = ask(self.address, [command, str(folder), environment], streams)
            printed = [(file.seek(0), file.read())[1] for file in (out, err)]
        return subprocess.CompletedProcess(command, status, *printed)

    def close(self) -> None:
        """End the server, and delete its folder."""
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(timeout=60)
        shutil.rmtree(self.folder)


def serve(address: str) -> None:
    """Run scripts until standard input ends."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(address)
    listener.listen()
    print("ready", flush=True)
    while sys.stdin not in select.select([listener, sys.stdin], [], [])[0]:
        with suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        connection, _ = listener.accept()
        head, streams, *_ = socket.recv_fds(connection, 8, 3)
        if len(streams) < 3:  # its client died before it asked
            connection.close()
            continue
        with connection.makefile("rb") as file:
            command, folder, environment = json.loads(file.read(int.from_bytes(head, "big")))
        learned = Path(f"{address}-{Path(command[0]).stem}")
        preload(learned)
        if not os.fork():  # a process that waits, since the server goes on
            script = os.fork()
            if not script:
                run(command, folder, environment, streams, learned)
            status = os.waitstatus_to_exitcode(os.waitpid(script, 0)[1])
            connection.sendall(f"{status}\n".encode())
            os._exit(0)
        connection.close()
        for stream in streams:
            os.close(stream)


def preload(learned: Path) -> None:
    """Import what the last run of a script imported that was not there."""
    if learned.exists():
        for name in json.loads(learned.read_text()):
            with suppress(Exception):  # made by its package, not a file
                importlib.import_module(name)
        learned.unlink()
        gc.collect()
        gc.freeze()  # a collection in a fork would copy all memory


def run(
    command: list[str], folder: str, environment: dict[str, str], streams: list[int], learned: Path
) -> NoReturn:
    """Become the process of a script, and end as Python does, but without freeing what was imported."""
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = command
    own = Path(command[0]).resolve().parent
    sys.path[0] = str(own)
    status, known = 1, set(sys.modules)
    try:
        runpy.run_path(command[0], run_name="__main__")
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
    except BaseException:
        traceback.print_exc()
    finally:
        learn(learned, own, known)
        threading._shutdown()
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def learn(learned: Path, own: Path, known: set[str]) -> None:
    """Write the names of the modules that a script imported, but not of those in its folder."""
    new = {name: module for name, module in list(sys.modules.items()) if name not in known}
    files = {name: getattr(module, "__file__", None) for name, module in new.items()}
    names = [name for name, file in files.items() if not (file and own in Path(file).resolve().parents)]
    if names:
        part = learned.with_suffix(f".{os.getpid()}")
        part.write_text(json.dumps(names))
        part.rename(learned)


if __name__ == "__main__":
    serve(sys.argv[1])
