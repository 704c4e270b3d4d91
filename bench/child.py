"""Run a command and write seconds, peak resident MB and processor seconds: `child.py FILE LIMIT_GB COMMAND...`.

The peak that Linux reports for a process is at least the memory of the process that started it. This one
imports little, so that the peak is that of the command.
"""

import os
import resource
import sys
import time
from pathlib import Path


def main() -> int:
    target, limit_gb, *command = sys.argv[1:]
    if limit_gb != "none":
        most = int(float(limit_gb) * 2**30)
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))
        # pyarrow's allocator reserves 1 GB that it does not use, which the limit would count
        os.environ["MIMALLOC_ARENA_EAGER_COMMIT"] = "0"
    start = time.perf_counter()
    _, status = os.waitpid(os.posix_spawnp(command[0], command, os.environ), 0)
    seconds = time.perf_counter() - start
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    Path(target).write_text(f"{seconds} {usage.ru_maxrss / 1024} {usage.ru_utime + usage.ru_stime}")
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    sys.exit(main())
