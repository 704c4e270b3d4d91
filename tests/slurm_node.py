"""A real SLURM of one node on loopback, without accounting, for tests: two pretended GPUs, 32 pretended cores."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

DAEMONS = {name: f"/usr/sbin/{name}" for name in ("slurmctld", "slurmd")}
CONF = """\
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/none
CredType=cred/none
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
SlurmdParameters=config_overrides
SchedulerParameters=batch_sched_delay=0,sched_min_interval=0,bf_interval=2,sched_interval=5
MinJobAge=600
KillWait=2
GresTypes=gpu
NodeName=n1 NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[1]} CPUs=32 RealMemory=256000 Gres=gpu:2
PartitionName=cpu Nodes=n1 Default=YES MaxTime=2-00:00:00
PartitionName=gpu Nodes=n1 MaxTime=1-00:00:00
"""


def missing() -> str | None:
    """Why no SLURM can be started here, or None."""
    if os.geteuid():
        return "a SLURM of one node needs root"
    if not all(map(shutil.which, ("setpriv", *DAEMONS.values()))):
        return "no SLURM: apt-get install slurm-wlm slurm-wlm-basic-plugins (.ci/run does)"
    return None


def free_ports(count: int) -> list[int]:
    """Ports of loopback on which nothing listens."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


@contextmanager
def one_node(folder: Path) -> Iterator[dict[str, str]]:
    """Start both daemons with all their files in a folder; yield the environment for their commands."""
    for name in ("state", "spool", "bin"):
        (folder / name).mkdir()
    conf = folder / "slurm.conf"
    host = socket.gethostname().partition(".")[0]
    conf.write_text(CONF.format(host=host, user="root", ports=free_ports(2), folder=folder))
    for gpu in range(2):
        (folder / f"gpu{gpu}").symlink_to(os.devnull)
    (folder / "gres.conf").write_text(f"AutoDetect=off\nNodeName=n1 Name=gpu File={folder}/gpu[0-1]\n")
    (folder / "cgroup.conf").write_text("CgroupAutomount=no\nConstrainDevices=no\n")
    # Snakemake's job step drops SLURM_CONF from the environment of its srun
    srun = folder / "bin" / "srun"
    srun.write_text(f'#!/bin/sh\nSLURM_CONF={conf} exec {shutil.which("srun")} "$@"\n')
    srun.chmod(0o755)
    path = f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
    environment = os.environ | {"SLURM_CONF": str(conf), "PATH": path}
    daemons = []
    try:
        for command in ([DAEMONS["slurmctld"], "-D"], [DAEMONS["slurmd"], "-D", "-N", "n1"]):
            daemons.append(start(command, environment))
        wait_until_idle(folder, environment)
        yield environment
    finally:
        with suppress(subprocess.TimeoutExpired):  # the controller may not have come up
            subprocess.run(["scancel", "--user", "root"], env=environment, check=False, timeout=60)
        for daemon in reversed(daemons):
            stop(daemon)


def start(command: list[str], environment: dict[str, str]) -> subprocess.Popen:
    """Start a daemon in the foreground, which the kernel ends if this process is killed."""
    return subprocess.Popen(
        ["setpriv", "--pdeathsig=TERM", *command],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def wait_until_idle(folder: Path, environment: dict[str, str]) -> None:
    """Wait until the node takes jobs."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        state = subprocess.run(
            ["sinfo", "-h", "-o", "%T"], env=environment, capture_output=True, text=True, check=False
        )
        if state.stdout.split() and set(state.stdout.split()) == {"idle"}:
            return
        time.sleep(0.2)
    logs = "".join(path.read_text()[-2000:] for path in folder.glob("*.log"))
    raise RuntimeError(f"SLURM did not come up: {state.stdout}{state.stderr}{logs}")


def stop(daemon: subprocess.Popen) -> None:
    """End a daemon and wait until it has ended."""
    daemon.terminate()
    try:
        daemon.wait(timeout=20)
    except subprocess.TimeoutExpired:
        daemon.kill()
        daemon.wait()
