"""The unit that starts watchers and the queue at boot; systemctl is never really called."""

from __future__ import annotations

import configparser
import shlex
from pathlib import Path

import msgspec
import pytest
from test_jobs import ended

from engine.errors import Exit, NotPossible
from engine.project import Project
from engine.protocol import JobFolder, State
from engine.queue.queue import Queue
from fstui import cli, service
from fstui.commands import service as command
from fstui.model import jobs
from fstui.model.answers import ServiceAnswer


class Systemctl:
    """Plays `systemctl --user`."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, ...]] = []
        self.failing = ""

    def __call__(self, *words: str) -> tuple[int, str]:
        self.asked.append(words)
        return (1, "no bus") if words[0] == self.failing else (0, "")


@pytest.fixture
def systemctl(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, tmp_workspace: Path) -> Systemctl:
    played = Systemctl()
    monkeypatch.setattr(service, "systemctl", played)
    monkeypatch.setattr(service, "require_systemd", lambda: None)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    for name in ("service", "commands.service"):
        monkeypatch.setattr(f"fstui.{name}.lingers", lambda _user: False)
    return played


def test_without_systemd_one_sentence_says_so(
    tmp_workspace: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(service, "RUNNING", tmp_path / "none")
    for verb in ("install", "remove", "status"):
        assert cli.main(["service", verb]) == Exit.NOT_POSSIBLE
        assert capsys.readouterr().err.startswith("fstui: There is no systemd here")


def test_the_unit_starts_the_service_of_this_workspace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = tmp_path / 'my 100% "films" $HOME'
    monkeypatch.setenv("FSTUI_CONFIG", "/etc/my fstui")
    text = service.unit_text(workspace, python="/opt/py thon/bin/python")
    unit = configparser.ConfigParser(interpolation=None, strict=False)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read_string(text)
    assert unit["Service"]["Type"] == "oneshot"
    assert unit["Service"]["RemainAfterExit"] == "yes"
    assert unit["Install"]["WantedBy"] == "default.target"
    words = shlex.split(unit["Service"]["ExecStart"])
    meant = [w.replace("%%", "%").replace("$$", "$") for w in words]
    assert meant[:4] == ["/opt/py thon/bin/python", "-P", "-m", "fstui"]
    assert meant[4:] == ["--workspace", str(workspace), "service", "run"]
    assert 'Environment="FSTUI_CONFIG=/etc/my fstui"' in text
    assert not [line for line in text.splitlines() if "%" in line.replace("%%", "")]


def test_a_name_cannot_add_a_line_to_the_unit(tmp_path: Path) -> None:
    text = service.unit_text(tmp_path / "x\nExecStart=/bin/evil")
    assert [line for line in text.splitlines() if line.startswith("ExecStart")][1:] == []


def test_install_status_remove(
    systemctl: Systemctl, capsys: pytest.CaptureFixture[str], tmp_workspace: Path
) -> None:
    assert cli.main(["service", "install"]) == 0
    assert systemctl.asked == [("daemon-reload",), ("enable", "fstui.service")]
    assert str(tmp_workspace) in service.unit_path().read_text()
    assert "loginctl enable-linger" in capsys.readouterr().out
    assert cli.main(["service", "status", "--json"]) == 0
    answer = msgspec.json.decode(capsys.readouterr().out, type=ServiceAnswer)
    assert answer == ServiceAnswer(True, True, True, False, str(service.unit_path()))
    assert cli.main(["service", "status"]) == 0
    assert "Lingering is off" in capsys.readouterr().out
    assert cli.main(["service", "remove"]) == 0
    assert not service.unit_path().exists()
    assert cli.main(["service", "remove"]) == 0
    assert "There is no service" in capsys.readouterr().out


@pytest.mark.parametrize("verb", ["install", "status"])
def test_a_user_without_a_name_has_a_service_too(
    systemctl: Systemctl, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    def nobody() -> str:
        raise KeyError("getpwuid(): uid not found: 12345")

    monkeypatch.setattr("getpass.getuser", nobody)
    assert cli.main(["service", verb]) == 0


def test_a_systemctl_that_fails_is_told(
    systemctl: Systemctl, capsys: pytest.CaptureFixture[str]
) -> None:
    systemctl.failing = "enable"
    assert cli.main(["service", "install"]) == Exit.NOT_POSSIBLE
    assert "systemctl enable failed (1): no bus" in capsys.readouterr().err


def test_a_systemctl_that_is_not_there_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NotPossible, match="systemctl could not be asked"):
        service.systemctl("status")


def test_run_starts_the_watchers_that_are_asked_for_and_the_queue(
    tmp_workspace: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asks = Project.create(tmp_workspace, "asks")
    asks.set_watch(extract=True)
    cooks = Project.create(tmp_workspace, "cooks").path / "project.toml"
    cooks.write_text(
        cooks.read_text() + '\n[[recipe]]\nname = "x"\nwhen = "a"\nsteps = ["extract"]\n'
    )
    ended(Project.create(tmp_workspace, "cut off"), "watch", State.RUNNING)
    ended(Project.create(tmp_workspace, "shut down"), "watch", State.INTERRUPTED)
    ended(Project.create(tmp_workspace, "stopped"), "watch", State.STOPPED)
    (Project.create(tmp_workspace, "damaged").path / "project.toml").write_text("{")
    started: list[str] = []
    kicked: list[Path] = []

    def start(project: Project) -> JobFolder:
        started.append(project.name)
        return JobFolder(project.path / "jobs" / "a-job")

    monkeypatch.setattr(jobs, "start_watch", start)
    monkeypatch.setattr(command, "kick", kicked.append)
    queue = Queue(tmp_workspace)
    assert queue.stands_still()
    assert cli.main(["service", "run"]) == 0
    assert sorted(started) == ["asks", "cooks", "cut off", "shut down"]
    assert kicked == [tmp_workspace]
    assert not queue.stands_still()
    assert "damaged: " in capsys.readouterr().out
