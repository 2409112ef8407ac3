"""Odd places: another checkout's library, foreign repositories, file systems without locks, moved clones."""

import errno
import getpass
import os
import pwd
import re
import shutil
import subprocess
import sys
import time

import pytest
from test_workflow import copied

from soapbubble.cli import JOBS, main
from soapbubble.errors import SoapbubbleError
from soapbubble.provenance import lock
from soapbubble.provenance.code import ROOT, refuse_another_checkout
from soapbubble.provenance.manifest import commit
from soapbubble.workflow import name_user


def git(*arguments, folder):
    name = ("-c", "user.name=somebody", "-c", "user.email=somebody@example.org")
    subprocess.run(("git", *name, *arguments), cwd=folder, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path, monkeypatch):
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    git("init", "-q", folder=tmp_path)
    (tmp_path / "file").write_text("text")
    git("add", "file", folder=tmp_path)
    git("commit", "-q", "-m", "A file", folder=tmp_path)
    return tmp_path


def test_the_commit_is_that_of_the_working_folder(repository, monkeypatch):
    monkeypatch.chdir(repository)
    head = commit()
    assert len(head) == 40
    (repository / "file").write_text("other text")
    assert commit() == f"{head} with local changes"


def test_a_folder_inside_another_repository_has_no_commit_of_its_own(repository, monkeypatch):
    inside = repository / "unpacked"
    inside.mkdir()
    monkeypatch.chdir(inside)
    assert commit() == "unknown"


def test_another_repository_in_git_s_variables_is_not_asked(repository, tmp_path_factory, monkeypatch):
    elsewhere = tmp_path_factory.mktemp("plain")
    monkeypatch.chdir(elsewhere)
    monkeypatch.setenv("GIT_DIR", str(repository / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(elsewhere))
    assert commit() == "unknown"


@pytest.mark.parametrize("number", [errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP])
def test_a_file_system_without_locks_is_warned_of_and_used(tmp_path, monkeypatch, number):
    def fail(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(lock.fcntl, "flock", fail)
    with pytest.warns(UserWarning, match="no locks; start no second run"):
        lock.hold(tmp_path / ".lock").close()


def test_only_a_lock_that_is_held_means_another_run(tmp_path, monkeypatch):
    with lock.hold(tmp_path / ".lock"), pytest.raises(SoapbubbleError, match="another run is at work"):
        lock.hold(tmp_path / ".lock")

    def fail(*_):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(lock.fcntl, "flock", fail)
    with pytest.raises(SoapbubbleError, match="cannot be locked"):
        lock.hold(tmp_path / ".lock")


def test_a_checkout_s_own_library_is_taken_and_another_one_refused_with_both_paths(tmp_path):
    other = tmp_path / "src" / "soapbubble"
    other.mkdir(parents=True)
    (other / "__init__.py").write_text("")
    with pytest.raises(SoapbubbleError) as caught:
        refuse_another_checkout(tmp_path)
    assert str(other) in str(caught.value)
    assert str(ROOT) in str(caught.value)
    refuse_another_checkout(ROOT.parents[1])
    refuse_another_checkout(tmp_path / "src")


def test_a_plan_is_made_with_the_checkout_s_own_library_whatever_is_installed(project, tmp_path):
    place = copied(project, tmp_path)
    with (tmp_path / "src" / "soapbubble" / "plan.py").open("a") as file:
        file.write('\nprint("the library of this very folder")\n')
    environment = {**place.environment, "PYTHONPATH": str(project / "src")}
    command = ("snakemake", "--dry-run", "--configfile", "config/smoke.yaml")
    found = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    # PYTHONPATH goes before the clone's own folder only until the Snakefile says otherwise.
    assert "the library of this very folder" in found.stdout + found.stderr


def test_two_configfile_options_are_refused_rather_than_half_forgotten(project, tmp_path):
    place = copied(project, tmp_path)
    files = ("--configfile", "config/smoke.yaml", "--configfile", "config/mnist.yaml")
    found = place.call("snakemake", "--dry-run", *files)
    assert found.returncode != 0
    assert "--configfile was given twice" in found.stdout + found.stderr


def test_a_moved_clone_says_what_to_do(project, tmp_path):
    if not (project / ".venv" / "ready").exists():
        pytest.skip("needs the environment that make sets up")
    shutil.copy2(project / "Makefile", tmp_path)
    programs = tmp_path / ".venv" / "bin"
    programs.mkdir(parents=True)
    for name in ("requirements.lock", "pyproject.toml"):
        shutil.copy2(project / name, tmp_path)
    (programs / "snakemake").write_text("#!/somewhere/else/.venv/bin/python\n")
    (tmp_path / ".venv" / "ready").touch()
    found = subprocess.run(["make", "report"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert found.returncode != 0
    assert "remove .venv and run make again" in found.stdout + found.stderr


def test_the_words_on_lack_of_memory_survive_lines_that_end_as_on_windows(project, tmp_path):
    script = tmp_path / "killed.sh"
    script.write_bytes((project / "rules" / "killed.sh").read_bytes().replace(b"\n", b"\r\n"))
    found = subprocess.run(
        ["bash", "-c", f". {script}; kill -9 $BASHPID & wait $!; (exit 137); exit 137"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "memory ran out" in found.stderr


def test_a_brace_in_the_clone_s_own_path_is_refused_in_one_sentence(project, tmp_path):
    clone = tmp_path / "{a}"
    clone.mkdir()
    found = copied(project, clone).call("snakemake", "--dry-run", "--configfile", "config/smoke.yaml")
    assert found.returncode != 0
    assert "has a brace in its path" in found.stdout + found.stderr
    assert "Traceback" not in found.stdout + found.stderr


ABSENT = ("--config", "run=absent")
# How each command is called to say something; the rules' own jobs are asked for help.
COMMANDS = {
    "check": ABSENT,
    "summary": ABSENT,
    "reference": ABSENT,
    "plan": (),
    "verify": (),
    "stability": ABSENT,
    "settings": (),
    "compare": ("results/absent", "results/other"),
    **dict.fromkeys(JOBS, ("--help",)),
}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_terminal_that_lacks_characters_gets_others(project, command):
    found = subprocess.run(
        [sys.executable, "-m", "soapbubble", command, *COMMANDS[command]],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(project / "src"), "PYTHONIOENCODING": "latin-1"},
        capture_output=True,
        check=False,
    )
    assert b"Traceback" not in found.stderr
    assert found.stdout or found.stderr.startswith(b"soapbubble: results/")
    assert found.returncode == (1 if "absent" in "".join(COMMANDS[command]) else 0)


def test_every_command_is_tried_on_such_a_terminal(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    assert set(re.findall(r"^    ([a-z]+)\b", capsys.readouterr().out, re.MULTILINE)) == set(COMMANDS)


def test_settings_of_the_command_line_count_for_check(project, monkeypatch, capsys):
    monkeypatch.chdir(project)
    assert main(["check", *ABSENT]) == 1
    assert "results/absent: holds no manifest" in capsys.readouterr().err


def test_git_keeps_line_ends_and_leaves_images_alone(repository, project):
    shutil.copy2(project / ".gitattributes", repository)
    asked = ("git", "check-attr", "text", "eol", "--", "rules/killed.sh", "docs/report.png")
    said = subprocess.run(asked, cwd=repository, capture_output=True, text=True, check=True).stdout.splitlines()
    assert said == [
        "rules/killed.sh: text: auto",
        "rules/killed.sh: eol: lf",
        "docs/report.png: text: unset",
        "docs/report.png: eol: lf",
    ]


def test_a_file_dated_in_the_future_is_refused_before_the_run(project, tmp_path):
    place = copied(project, tmp_path)
    late = time.time() + 10**8
    os.utime(tmp_path / "claims" / "shells.yaml", (late, late))
    found = place.call("snakemake", "--dry-run", "--configfile", "config/smoke.yaml")
    assert found.returncode != 0
    assert "claims/shells.yaml: is dated in the future" in found.stdout + found.stderr


NAMES = ("LOGNAME", "USER", "LNAME", "USERNAME")


def nameless(number):
    raise KeyError(f"getpwuid(): uid not found: {number}")


def test_a_user_without_a_name_is_called_by_the_number(monkeypatch):
    for name in NAMES:
        monkeypatch.setenv(name, "")
    monkeypatch.delenv("USER")
    monkeypatch.setattr(pwd, "getpwuid", nameless)
    name_user()
    assert getpass.getuser() == str(os.getuid())


def test_a_user_with_a_name_keeps_it(monkeypatch):
    monkeypatch.delenv("USER", raising=False)
    monkeypatch.setattr(pwd, "getpwuid", lambda number: ("somebody",))
    name_user()
    assert "USER" not in os.environ


def test_a_user_without_a_name_gets_a_plan(project, tmp_path):
    as_another = ("unshare", "--map-user=12345")
    if subprocess.run([*as_another, "true"], capture_output=True, check=False).returncode:
        pytest.skip("needs the right to be another user")
    place = copied(project, tmp_path)
    environment = {name: value for name, value in place.environment.items() if name not in NAMES}
    command = (*as_another, "snakemake", "--dry-run", "--configfile", "config/smoke.yaml")
    found = subprocess.run(
        command,
        cwd=tmp_path,
        env={**environment, "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stderr[-2000:]


@pytest.mark.parametrize(("home", "own"), [(None, False), ("/nowhere", False), ("", False), ("there", True)])
def test_make_has_a_place_for_caches_whatever_the_home_folder(project, tmp_path, home, own):
    (tmp_path / "there").mkdir()
    home = str(tmp_path / home) if home == "there" else home
    environment = {name: value for name, value in os.environ.items() if name not in ("HOME", "XDG_CACHE_HOME")}
    show = "show: ; @echo $$HOME; echo $$XDG_CACHE_HOME"
    said = subprocess.run(
        ["make", "--no-print-directory", "--file", project / "Makefile", "--eval", show, "show"],
        cwd=tmp_path,
        env=environment if home is None else {**environment, "HOME": home},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    assert said == [home or f"{tmp_path}/.venv", "" if own else f"{tmp_path}/.venv/cache"]


@pytest.mark.parametrize("settings", [("target", "prefix", "root"), ("constraint",)])
def test_settings_of_pip_against_which_nothing_can_be_set_up_are_named_with_their_file(project, tmp_path, settings):
    for name in ("Makefile", "requirements.lock", "pyproject.toml"):
        shutil.copy2(project / name, tmp_path)
    value = tmp_path / "elsewhere"
    value.write_text("numpy==1.0")
    own = tmp_path / "my pip.conf"
    lines = ["[global]", "no-index = yes", "user = yes", "[install]", *(f"{name} = {value}" for name in settings)]
    own.write_text("\n".join(lines))
    environment = {name: item for name, item in os.environ.items() if not name.startswith("PIP_")}
    found = subprocess.run(
        ["make", f"PYTHON={sys.executable}", ".venv/ready"],
        cwd=tmp_path,
        env={**environment, "PIP_CONFIG_FILE": str(own)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode != 0
    for name in settings:
        assert f"{own} sets install.{name}, which" in found.stdout
    assert "no-index" not in found.stdout
    assert not (tmp_path / ".venv" / "ready").exists()
