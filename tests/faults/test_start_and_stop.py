"""`./start_services.sh` and `./stop_services.sh`, as people use them."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import psutil
import pytest

from tests.faults.checkout import Checkout
from tests.processes import PATIENCE, eventually


@pytest.fixture
def checkout(tmp_path: Path) -> Iterator[Checkout]:
    made = Checkout.make(tmp_path / "checkout")
    yield made
    made.run("stop_services.sh")


def runs(pid: int) -> bool:
    """A zombie that nobody has waited for does not."""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def test_starts_in_the_background_once_and_ends_once(checkout: Checkout) -> None:
    # Left by a computer that lost its power: numbers that nobody has now, and one that is somebody else's.
    checkout.leave_behind("quantum_service", 4_194_305)
    checkout.leave_behind("app_service", os.getpid())
    checkout.leave_behind("starting/holder", os.getpid())
    first = checkout.run("start_services.sh", "--detach")
    assert first.returncode == 0, first.stdout + first.stderr
    # What tests/run.sh set up serves here too: else each of these tests would install everything again.
    assert "Python environment" not in first.stdout
    assert "Installing" not in first.stdout
    assert f"http://localhost:{checkout.environment['PORT']}\n" in first.stdout
    assert checkout.healthy()
    assert checkout.healthy("QUANTUM_PORT")
    pids = [checkout.pid("app_service"), checkout.pid("quantum_service")]

    second = checkout.run("start_services.sh", "--detach")
    assert second.returncode == 0
    assert "app_service already runs" in second.stdout
    assert pids == [checkout.pid("app_service"), checkout.pid("quantum_service")]

    stopped = checkout.run("stop_services.sh")
    assert stopped.returncode == 0
    assert "app_service has ended." in stopped.stdout
    assert not any(runs(pid) for pid in pids)
    again = checkout.run("stop_services.sh")
    assert again.returncode == 0
    assert "Nothing runs" in again.stdout


def test_what_it_makes_is_only_for_its_owner(checkout: Checkout) -> None:
    assert checkout.run("start_services.sh", "--detach").returncode == 0
    for name in ("data/quantumchat.db", "data/secrets.json", "logs/main_app.log", "logs/quantum_service.log"):
        assert (checkout.path / name).stat().st_mode & 0o077 == 0, name


def test_control_c_ends_both(checkout: Checkout) -> None:
    terminal = checkout.open()
    terminal.wait_for("Logs follow")
    terminal.wait_for(r"(?m)^app_service     \| .*startup complete")
    terminal.wait_for(r"(?m)^quantum_service \| .*startup complete")

    assert terminal.press_control_c() == 0
    assert "app_service has ended." in terminal.text
    assert "quantum_service has ended." in terminal.text
    assert not checkout.answers("PORT")
    assert not checkout.answers("QUANTUM_PORT")
    assert "shutdown complete" in (checkout.path / "logs/main_app.log").read_text()


def test_sigterm_ends_both_and_leaves_no_process(checkout: Checkout) -> None:
    terminal = checkout.open()
    terminal.wait_for("Logs follow")
    family = psutil.Process(terminal.process.pid).children(recursive=True)

    terminal.process.send_signal(signal.SIGTERM)

    assert terminal.process.wait(PATIENCE) == 0
    _, alive = psutil.wait_procs(family, timeout=PATIENCE)
    assert alive == []
    assert not checkout.answers("PORT")


def test_stop_ends_what_another_terminal_started(checkout: Checkout) -> None:
    terminal = checkout.open()
    terminal.wait_for("Logs follow")
    assert checkout.run("stop_services.sh").returncode == 0
    assert terminal.process.wait(PATIENCE) == 0


def test_interrupted_while_starting_it_leaves_nothing(checkout: Checkout) -> None:
    terminal = checkout.open()
    eventually(lambda: (checkout.path / "run" / "quantum_service.pid").exists())
    assert terminal.press_control_c() == 130
    assert not checkout.answers("PORT")
    assert not checkout.answers("QUANTUM_PORT")
    assert not list((checkout.path / "run").iterdir())


@pytest.mark.parametrize(("port", "service"), [("PORT", "app_service"), ("QUANTUM_PORT", "quantum_service")])
def test_says_which_port_is_taken_by_what(checkout: Checkout, port: str, service: str) -> None:
    number = checkout.environment[port]
    with subprocess.Popen(
        ["python3", "-m", "http.server", "--bind", "127.0.0.1", number], stderr=subprocess.PIPE
    ) as other:
        eventually(lambda: checkout.answers(port))
        result = checkout.run("start_services.sh", "--detach")
        other.terminate()

    assert result.returncode == 1
    assert f"{service} cannot start: port {number} is taken by process {other.pid} (" in result.stderr
    assert "http.server" in result.stderr
    assert f"{port}=… ./start_services.sh" in result.stderr
    assert not checkout.answers("PORT" if port == "QUANTUM_PORT" else "QUANTUM_PORT")


@pytest.mark.parametrize("number", ["eighty", "0", "65536"])
def test_says_which_port_is_none(checkout: Checkout, number: str) -> None:
    result = checkout.run("start_services.sh", "--detach", PORT=number)
    assert result.returncode == 1
    assert f"app_service cannot start: {number} is no port. Choose another port: PORT=…" in result.stderr
    assert not (checkout.path / "data").exists()


def test_a_folder_that_cannot_be_written_is_named(checkout: Checkout) -> None:
    (checkout.path / "logs").write_text("in the way, also for root")
    result = checkout.run("start_services.sh")
    assert result.returncode == 1
    assert f"cannot write to {checkout.path}/logs" in result.stderr


def test_a_service_that_cannot_start_says_why_and_the_other_ends(checkout: Checkout) -> None:
    result = checkout.run("start_services.sh", "--detach", AZURE_ENV="production")
    assert result.returncode == 1
    assert "QUANTUM_MASTER_KEY is missing" in result.stderr
    assert "did not start" in result.stderr
    assert not list((checkout.path / "run").iterdir())


def test_a_killed_service_is_named_and_started_again_alone(checkout: Checkout) -> None:
    terminal = checkout.open()
    terminal.wait_for("Logs follow")
    app_pid = checkout.pid("app_service")
    os.kill(checkout.pid("quantum_service"), signal.SIGKILL)
    terminal.wait_for("quantum_service has ended")
    assert checkout.healthy()

    result = checkout.run("start_services.sh", "--detach")

    assert result.returncode == 0, result.stderr
    assert checkout.healthy("QUANTUM_PORT")
    assert checkout.pid("app_service") == app_pid
    terminal.press_control_c()


def test_stop_spares_a_process_that_got_the_number_later(checkout: Checkout) -> None:
    with subprocess.Popen(["sleep", "60"]) as bystander:
        checkout.leave_behind("app_service", bystander.pid)

        result = checkout.run("stop_services.sh")

        assert result.returncode == 0
        assert "Nothing runs" in result.stdout
        assert bystander.poll() is None
        bystander.kill()


def old_program(path: Path, version: str) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text(f'#!/bin/sh\n[ "$1" = --version ] && echo "{version}" && exit\nexit 1\n')
    path.chmod(0o755)
    return path


def test_an_old_python_is_refused_in_one_line(checkout: Checkout, tmp_path: Path) -> None:
    shutil.rmtree(checkout.path / ".venv")
    old = old_program(tmp_path / "python3.9", "Python 3.9.2")

    result = checkout.run("start_services.sh", PYTHON=str(old))

    assert result.returncode == 1
    assert "QuantumChat needs Python 3.11 or newer (found: Python 3.9.2)" in result.stderr
    assert not (checkout.path / ".venv").exists()


def test_packages_whose_installation_was_killed_are_not_used(checkout: Checkout, tmp_path: Path) -> None:
    (checkout.path / ".venv" / ".unfinished").touch()
    old = old_program(tmp_path / "python3.9", "Python 3.9.2")

    result = checkout.run("start_services.sh", PYTHON=str(old))

    assert "QuantumChat needs Python" in result.stderr, "it looks for a Python to begin anew with"


def test_set_up_alone_builds_the_client_with_the_node_that_came_along(checkout: Checkout, tmp_path: Path) -> None:
    checkout.build_client_by("fs.writeFileSync('dist/index.html', process.version)")
    old = old_program(tmp_path / "bin" / "node", "v18.0.0")
    path = f"{old.parent}:{os.environ['PATH']}"

    result = checkout.run("start_services.sh", "--setup", PATH=path)

    assert result.returncode == 0, result.stdout + result.stderr
    assert re.fullmatch(r"v2[2-9]\.[0-9.]+", (checkout.path / "frontend/dist/index.html").read_text())
    assert not (checkout.path / "data").exists()
    assert not list((checkout.path / "run").iterdir())
    assert "Building" not in checkout.run("start_services.sh", "--setup", PATH=path).stdout


def test_set_up_goes_on_where_it_was_killed_and_never_beside_itself(checkout: Checkout) -> None:
    steps, leave = checkout.path / "steps", checkout.path / "leave"
    checkout.build_client_by(
        f"fs.appendFileSync('{steps}', 'begin '); const wait = setInterval(() => {{ if (fs.existsSync('{leave}')) {{"
        f" fs.appendFileSync('{steps}', 'end '); fs.writeFileSync('dist/index.html', ''); clearInterval(wait) }} }}, 9)"
    )
    killed = checkout.open("--setup")
    eventually(steps.exists)
    killed.process.kill()
    killed.process.wait(PATIENCE)

    again = checkout.open("--setup")
    again.wait_for("Waiting for what an interrupted set-up still does")
    third = checkout.run("start_services.sh", "--setup")
    assert third.returncode == 1
    assert "another ./start_services.sh is at work" in third.stderr
    leave.touch()

    assert again.process.wait(PATIENCE) == 0
    assert steps.read_text() == "begin end "
    assert not list((checkout.path / "run").iterdir())


def test_host_moves_the_address(checkout: Checkout) -> None:
    result = checkout.run("start_services.sh", "--detach", HOST="127.0.0.2")
    assert result.returncode == 0, result.stderr
    port = checkout.environment["PORT"]
    assert httpx.get(f"http://127.0.0.2:{port}/api/health", trust_env=False).status_code == 200
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"http://127.0.0.1:{port}/api/health", trust_env=False)


def test_dev_reloads_a_service_and_serves_the_live_client(checkout: Checkout) -> None:
    terminal = checkout.open("--dev")
    terminal.wait_for("Logs follow")
    page = httpx.get(f"http://localhost:{checkout.environment['CLIENT_PORT']}/", trust_env=False)
    assert "/@vite/client" in page.text
    through = httpx.get(f"http://localhost:{checkout.environment['CLIENT_PORT']}/api/health", trust_env=False)
    assert through.json()["version"]

    with (checkout.path / "app_service" / "__init__.py").open("a") as file:
        file.write("# changed\n")

    terminal.wait_for(r"(?m)^app_service     \| .*Reloading")
    eventually(checkout.healthy)
    assert terminal.press_control_c() == 0
    assert not checkout.answers("PORT")
    assert not checkout.answers("CLIENT_PORT")


def test_another_address_of_app_service_builds_the_client_anew_and_nothing_starts(checkout: Checkout) -> None:
    tools = checkout.path / "tools"
    tools.mkdir()
    (tools / "npm").write_text("#!/bin/sh\nexit 0\n")
    (tools / "npm").chmod(0o755)
    ours = Path(sys.prefix) / "bin" / "node"
    (tools / "node").symlink_to(ours if ours.exists() else str(shutil.which("node")))

    def builds(address: str) -> bool:
        path = f"{tools}:{os.environ['PATH']}"
        result = checkout.run("start_services.sh", "--setup", PATH=path, VITE_API_URL=address)
        assert result.returncode == 0, result.stdout + result.stderr
        return "Building the web client" in result.stdout

    other = "https://chat.example.org"
    assert [builds(address) for address in ("", other, other, "", "")] == [False, True, False, True, False]
    assert not list((checkout.path / "run").iterdir())
    assert not (checkout.path / "data").exists()


def test_unknown_arguments_start_nothing(checkout: Checkout) -> None:
    for arguments in (("--demon",), ("--dev", "--detach")):
        result = checkout.run("start_services.sh", *arguments)
        assert result.returncode == 2
        assert "Usage" in result.stderr
    assert checkout.run("start_services.sh", "--help").returncode == 0
    assert not (checkout.path / "run").exists()


def test_logs_are_rotated_between_two_lines(checkout: Checkout, tmp_path: Path) -> None:
    log = tmp_path / "service.log"
    lines = [f"line {number} ".ljust(999, ".") for number in range(24_000)]
    subprocess.run(
        ["python3", "-IS", str(checkout.path / "deploy" / "local" / "log_writer.py"), str(log)],
        input="\n".join([*lines, ""]),
        text=True,
        check=True,
    )
    kept = [tmp_path / name for name in ("service.log.2", "service.log.1", "service.log")]
    assert [line for file in kept for line in file.read_text().splitlines()] == lines
    assert all(file.stat().st_size < 10_600_000 for file in kept)


def test_two_terminals_are_enough(checkout: Checkout) -> None:
    """The commands of the README, word by word but for the ports, which may be in use on this machine."""
    services = []
    for name, port, options in (("quantum_service", "QUANTUM_PORT", ["--reload"]), ("app_service", "PORT", [])):
        command = ["python3", "-m", "uvicorn", f"{name}.main:app", "--port", checkout.environment[port], *options]
        path = f"{checkout.path / '.venv' / 'bin'}:{os.environ['PATH']}"
        environment = checkout.environment | {"PATH": path}
        services.append(
            subprocess.Popen(
                command, cwd=checkout.path, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
        )
    try:
        for port in ("QUANTUM_PORT", "PORT"):
            eventually(lambda port=port: checkout.healthy(port), what=port)  # type: ignore[misc]
        health = f"http://localhost:{checkout.environment['PORT']}/api/health"
        found = lambda: httpx.get(health, trust_env=False).json()["quantum_service"]["status"] != "unavailable"  # noqa: E731
        eventually(found, what="app_service finds the other")
    finally:
        for service in services:
            with suppress(ProcessLookupError):
                service.terminate()
            service.wait(PATIENCE)
