"""Run a command as root of a new user namespace, with all capabilities there: `apptainer build` wants them.

Root of a container lacks some. User and group ids 0 to 65535 are mapped to themselves, which only root may do.
"""

import ctypes
import os
import sys
from pathlib import Path

CLONE_NEWNS, CLONE_NEWUSER = 0x00020000, 0x10000000


def main(command: list[str]) -> int:
    """Run the command; returns its exit status."""
    ready, is_ready = os.pipe()
    mapped, is_mapped = os.pipe()
    child = os.fork()
    if not child:
        os.close(ready)
        os.close(is_mapped)
        if ctypes.CDLL(None).unshare(CLONE_NEWUSER | CLONE_NEWNS):
            os._exit(1)
        os.write(is_ready, b"1")
        if not os.read(mapped, 1):  # the parent could not write the maps
            os._exit(1)
        os.setresgid(0, 0, 0)
        os.setresuid(0, 0, 0)
        os.execvp(command[0], command)
    os.close(is_ready)
    if os.read(ready, 1):
        for name in ("uid_map", "gid_map"):
            Path(f"/proc/{child}/{name}").write_text("0 0 65536\n")
        os.write(is_mapped, b"1")
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
