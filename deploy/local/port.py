"""`port.py HOST PORT` ends with 0 if a service can listen there, else prints why not and which process has the port."""

from __future__ import annotations

import errno
import shutil
import socket
import subprocess
import sys
from pathlib import Path


def obstacle(host: str, port: int) -> str | None:
    """Why nobody can listen on this address now, or None."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return f"port {port} is taken by {owner(port)}"
            return f"cannot listen on {host}:{port}: {error.strerror}"
    return None


def owner(port: int) -> str:
    """As well as this user may know it: other people's processes keep their sockets to themselves."""
    pid = owner_by_proc(port) if Path("/proc/net/tcp").exists() else owner_by_lsof(port)
    if pid is None:
        return "a process that this user may not see"
    return f"process {pid} ({command_of(pid)[:120] or 'name unknown'})"


def command_of(pid: int) -> str:
    arguments = Path(f"/proc/{pid}/cmdline")
    if arguments.exists():
        return arguments.read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    return subprocess.run(
        ["ps", "-o", "args=", "-p", str(pid)], capture_output=True, text=True, check=False
    ).stdout.strip()


def owner_by_proc(port: int) -> int | None:
    sockets = {f"socket:[{inode}]" for inode in listening_inodes(port)}
    for folder in Path("/proc").glob("[0-9]*/fd"):
        try:
            if any(str(entry.readlink()) in sockets for entry in folder.iterdir()):
                return int(folder.parent.name)
        except OSError:
            continue
    return None


def listening_inodes(port: int) -> set[str]:
    found = set()
    for table in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")):
        lines = table.read_text().splitlines()[1:] if table.exists() else []
        for columns in (line.split() for line in lines):
            if int(columns[1].rsplit(":", 1)[1], 16) == port and columns[3] == "0A":  # 0A: LISTEN
                found.add(columns[9])
    return found


def owner_by_lsof(port: int) -> int | None:
    if shutil.which("lsof") is None:
        return None
    command = ["lsof", "-nP", "-t", f"-iTCP:{port}", "-sTCP:LISTEN"]
    first = subprocess.run(command, capture_output=True, text=True, check=False).stdout.split()[:1]
    return int(first[0]) if first else None


if __name__ == "__main__":
    host, port = sys.argv[1:]
    valid = port.isascii() and port.isdecimal() and 0 < int(port) < 65536
    if problem := obstacle(host, int(port)) if valid else f"{port} is no port":
        print(problem)
        sys.exit(1)
