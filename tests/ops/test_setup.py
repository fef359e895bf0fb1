"""The set-up of a fresh machine: what is locked, what a second run does, what is said when something is in the way.

The scripts run on a copy of the project with stand-ins for apt-get, npm, Python and the like; the real
installation is what `make test` itself went through.
"""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PIN = re.compile(r"^([a-z0-9][a-z0-9-]*(?:\[[a-z,]+\])?)==\S+ \\$", re.MULTILINE)


def named(path: str) -> dict[str, str]:
    """Package and reason of each line of an input."""
    lines = [line for line in (ROOT / path).read_text().splitlines() if line and line[0] not in "#-"]
    return {line.partition("#")[0].strip(): line.partition("#")[2].strip() for line in lines}


@pytest.mark.parametrize("name", ["requirements", "requirements-dev"])
def test_every_dependency_has_a_reason_and_is_locked_with_hashes(name: str) -> None:
    wanted = named(f"{name}.in")
    lock = (ROOT / f"{name}.txt").read_text()
    assert all(wanted.values()), "a dependency without a reason"
    pinned = {pin.partition("[")[0] for pin in PIN.findall(lock)}
    assert {package.partition("[")[0] for package in wanted} <= pinned
    assert len(re.findall(r"(?m)^    --hash=sha256:[0-9a-f]{64}", lock)) >= len(pinned)


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt", "package-lock.json", ".npmrc"])
def test_locks_name_no_registry(name: str) -> None:
    text = (ROOT / name).read_text()
    assert "index-url" not in text and "find-links" not in text and '"resolved"' not in text


def test_both_locks_agree() -> None:
    pins = [dict(re.findall(r"(?m)^([a-z0-9-]+)==(\S+)", (ROOT / f"{name}.txt").read_text())) for name in LOCKS]
    assert {name for name in pins[0].keys() & pins[1].keys() if pins[0][name] != pins[1][name]} == set()


LOCKS = ("requirements", "requirements-dev")


class Machine:
    """A copy of what the set-up reads, and a search path of stand-ins that note how they were called."""

    PIP = 'case "$*" in *pip*) if grep nosuchpackage requirements.txt; then exit 1; fi ;; esac'
    PYTHON = 'if [ "$2" = venv ]; then mkdir -p "$3/bin" && cp "{venv_python}" "$3/bin/python"; fi'

    def __init__(self, directory: Path) -> None:
        self.root = directory / "a clone"
        self.bin = directory / "bin"
        self.calls = directory / "calls"
        self.bin.mkdir(parents=True)
        (self.root / "ops").mkdir(parents=True)
        for name in ("ops/setup.sh", "ops/vendor.sh", "ops/install_packages.sh", "package.json", "package-lock.json"):
            shutil.copy(ROOT / name, self.root / name)
        for name in ("requirements.txt", "requirements-dev.txt"):
            (self.root / name).write_text("# empty\n")
        self.stand_in("dpkg-query", "echo installed")
        self.stand_in("node", "exit 0")
        self.stand_in("npm", f'[ "$1" = ci ] && cp -r "{directory}/modules" node_modules || echo 10')
        self.stand_in("venv-python", self.PIP)
        self.stand_in("python", self.PYTHON.format(venv_python=self.bin / "venv-python"))
        source = (ROOT / "ops/vendor.sh").read_text()
        for path in re.findall(r"(?m)^\S+ ((?:@?[\w.-]+/)+\S+)$", source):
            file = directory / "modules" / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(path)

    def stand_in(self, name: str, script: str) -> None:
        file = self.bin / name
        file.write_text(f'#!/bin/sh\necho "{name} $*" >>"{self.calls}"\n{script}\n')
        file.chmod(0o755)

    def run(self, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
        self.calls.unlink(missing_ok=True)
        return subprocess.run(
            ["bash", "ops/setup.sh", *arguments],
            cwd=self.root,
            env={"PATH": f"{self.bin}:{os.environ['PATH']}", "HOME": "", "PYTHON": str(self.bin / "python"), **environ},
            capture_output=True,
            text=True,
            check=False,
        )

    def called(self, *names: str) -> list[str]:
        lines = self.calls.read_text().splitlines() if self.calls.exists() else []
        return [line for line in lines if line.split()[0] in names]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_second_run_installs_nothing(machine: Machine) -> None:
    first = machine.run()
    assert first.returncode == 0, first.stderr
    assert (machine.root / ".venv/bin/python").exists()
    assert (machine.root / "server/static/vendor/maplibre-gl-worker.mjs").read_text().startswith("maplibre-gl/")
    assert [call for call in machine.called("npm") if call.startswith("npm ci")]
    second = machine.run()
    assert (second.returncode, second.stderr) == (0, "")
    assert not [call for call in machine.called("npm") if call.startswith("npm ci")]


def test_changed_lock_is_installed_again(machine: Machine) -> None:
    machine.run()
    (machine.root / "requirements.txt").write_text("# changed\n")
    assert "making .venv" in machine.run().stderr
    (machine.root / "requirements-dev.txt").write_text("# changed\n")
    assert machine.run().stderr == ""
    assert "requirements-dev.txt" in machine.run("--test").stderr


def test_interrupted_environment_is_made_again(machine: Machine) -> None:
    machine.run()
    (machine.root / ".venv/runtime.lock").unlink()
    assert "making .venv" in machine.run().stderr


def test_python_packages_are_installed_by_their_hashes(machine: Machine) -> None:
    machine.run("--test")
    pip = [call.removeprefix("venv-python -m pip ") for call in machine.called("venv-python") if " pip " in call]
    options = "install --no-deps --require-hashes --only-binary :all: --requirement"
    assert pip == [f"{options} requirements.txt", f"{options} requirements-dev.txt"]


def test_failed_installation_is_not_taken_for_done(machine: Machine) -> None:
    (machine.root / "requirements.txt").write_text("nosuchpackage==1\n")
    done = machine.run()
    assert done.returncode == 1
    assert "nosuchpackage" in done.stderr and "pip failed on requirements.txt" in done.stderr
    (machine.root / "requirements.txt").write_text("# mended\n")
    assert machine.run().returncode == 0


def test_missing_packages_are_installed_as_root_or_through_sudo(machine: Machine) -> None:
    machine.stand_in("dpkg-query", 'case "$*" in *mosquitto) exit 1 ;; *) echo installed ;; esac')
    machine.stand_in("sudo", 'exec "$@"')
    (machine.root / "ops/install_packages.sh").write_text(f'echo "packages $*" >>"{machine.calls}"\n')
    done = machine.run()
    assert done.returncode == 0, done.stderr
    assert machine.called("packages") == ["packages mosquitto"]
    assert bool(machine.called("sudo")) == (os.geteuid() != 0)


def test_failing_installation_says_what_to_do(machine: Machine) -> None:
    machine.stand_in("dpkg-query", 'case "$*" in *chromium) exit 1 ;; *) echo installed ;; esac')
    machine.stand_in("sudo", 'exec "$@"')
    (machine.root / "ops/install_packages.sh").write_text("echo E: no network; exit 100\n")
    assert machine.run().returncode == 0, "Chromium is for tests only"
    done = machine.run("--test")
    assert done.returncode == 1
    assert "E: no network" in done.stderr
    assert "apt-get install --no-install-recommends chromium" in done.stderr


def test_only_packages_install_without_starting_services() -> None:
    text = (ROOT / "ops/install_packages.sh").read_text()
    assert "exit 101" in text and text.index("policy-rc.d") < text.index("apt-get")


def test_unknown_argument_is_named(machine: Machine) -> None:
    assert "unknown argument '--tests'" in machine.run("--tests").stderr


def test_ci_calls_make_test_and_nothing_else() -> None:
    lines = [line for line in (ROOT / ".ci/run").read_text().splitlines() if line and not line.startswith("#")]
    assert lines[-1] == "exec make test"
    assert all(line.startswith(("set ", "cd ")) for line in lines[:-1])
    assert os.access(ROOT / ".ci/run", os.X_OK)


def test_help_names_every_command() -> None:
    done = subprocess.run(
        ["make", "--no-print-directory", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for target in ("run", "test", "lint", "bench", "screenshots", "setup", "clean"):
        assert re.search(rf"make {target} +\S", done.stdout), target


def test_clean_keeps_the_data_and_says_so() -> None:
    dry = subprocess.run(["make", "-n", "clean"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert "Kept: the data" in dry
    assert not re.search(r"rm .*var/(postgres|mosquitto|secrets)", dry)
    refused = subprocess.run(["make", "clean-data"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert refused.returncode != 0 and "CONFIRM=yes" in refused.stdout
