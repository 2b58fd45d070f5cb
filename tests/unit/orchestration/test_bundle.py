"""The USB stick: exactly the locked wheels, sources without data or keys, and a script that fetches nothing."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from orchestration import bundle
from orchestration.failures import Permanent, Transient

MACHINE = bundle.this_machine()


def wheel(folder: Path, name: str = "Tiny_Thing", version: str = "1.0") -> Path:
    """A wheel pip accepts, with one module in it."""
    folder.mkdir(parents=True, exist_ok=True)
    path, info = folder / f"{name}-{version}-py3-none-any.whl", f"{name}-{version}.dist-info"
    with zipfile.ZipFile(path, "w") as made:
        made.writestr(f"{name.lower()}.py", "HERE = True\n")
        made.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        made.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        made.writestr(f"{info}/RECORD", "")
    return path


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    for name, text in {
        "requirements.lock": "",
        "README.md": "hello",
        ".env.example": "A=",
        ".env": "SECRET=1",
        ".env.local": "SECRET=2",
        "data_lake/raw/x/content.sealed": "sealed",
        "orchestration/cli.py": "",
        ".demo/x": "",
        ".git_like/x": "",
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return root


@pytest.fixture
def collected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundle, "collect_wheels", lambda _lock, target: wheel(target))


def git(root: Path, *arguments: str) -> None:
    names = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b.example"}
    names |= {"GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@b.example"}
    subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True, env={**os.environ, **names})


def test_the_lock_allows_exactly_the_wheels_there_are(tmp_path: Path) -> None:
    paths = [wheel(tmp_path, "Tiny_Thing", "1.0"), wheel(tmp_path, "a.b", "2.0+local")]
    digests = [hashlib.sha256(path.read_bytes()).hexdigest() for path in paths]
    assert bundle.lock(paths).splitlines() == [
        f"a-b==2.0+local --hash=sha256:{digests[1]}",
        f"tiny-thing==1.0 --hash=sha256:{digests[0]}",
    ]


def test_a_folder_git_does_not_know_is_copied_without_data_keys_and_leftovers(project: Path, tmp_path: Path) -> None:
    assert bundle.copy_source(project, tmp_path / "source") == "the sources as they lie here"
    found = {
        path.relative_to(tmp_path / "source").as_posix() for path in (tmp_path / "source").rglob("*") if path.is_file()
    }
    assert found == {"requirements.lock", "README.md", ".env.example", "orchestration/cli.py", ".git_like/x"}


def test_from_git_only_what_was_committed_is_taken_and_the_rest_is_told(project: Path, tmp_path: Path) -> None:
    git(project, "init", "-q")
    git(project, "add", "README.md", "requirements.lock")
    git(project, "commit", "-q", "-m", "x")
    words = bundle.copy_source(project, tmp_path / "source")
    assert words.startswith("the sources of commit ")
    assert "not committed" not in words
    assert sorted(path.name for path in (tmp_path / "source").iterdir()) == ["README.md", "requirements.lock"]
    (project / "README.md").write_text("changed", encoding="utf-8")
    assert "not committed" in bundle.copy_source(project, tmp_path / "again")
    assert (tmp_path / "again" / "README.md").read_text(encoding="utf-8") == "hello"


def test_a_bundle_is_whole_and_an_older_one_is_replaced(project: Path, tmp_path: Path, collected: None) -> None:
    folder = tmp_path / "stick"
    assert bundle.write(folder, project, MACHINE) == ("the sources as they lie here", 1)
    (folder / "old").touch()
    bundle.write(folder, project, MACHINE)
    assert sorted(path.name for path in folder.iterdir()) == [
        "INSTALL.txt",
        "install.sh",
        "source",
        "wheels",
        "wheels.lock",
    ]
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".bundle-")] == []


def test_a_bundle_inside_the_project_does_not_copy_itself(project: Path, collected: None) -> None:
    bundle.write(project / "usb", project, MACHINE)
    assert not list((project / "usb" / "source").rglob("wheels.lock"))


def test_a_folder_that_is_no_bundle_is_left_alone(project: Path, tmp_path: Path, collected: None) -> None:
    folder = tmp_path / "photographs"
    folder.mkdir()
    (folder / "one.jpg").touch()
    with pytest.raises(Permanent, match="no bundle"):
        bundle.write(folder, project, MACHINE)
    assert [path.name for path in folder.iterdir()] == ["one.jpg"]


def test_if_pip_fails_the_older_bundle_stays(
    project: Path, tmp_path: Path, collected: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "stick"
    bundle.write(folder, project, MACHINE)

    def fail(_lock: Path, _target: Path) -> None:
        raise Transient("no connection")

    monkeypatch.setattr(bundle, "collect_wheels", fail)
    with pytest.raises(Transient):
        bundle.write(folder, project, MACHINE)
    assert (folder / "wheels.lock").exists()
    assert bundle.main([str(folder)]) == 3


def test_pip_that_cannot_fulfil_the_lock_is_a_failure_in_words(tmp_path: Path) -> None:
    (tmp_path / "requirements.lock").write_text(f"no-hash-given @ file://{tmp_path}/nothing.whl\n", encoding="utf-8")
    with pytest.raises(Transient, match="pip could not collect all wheels"):
        bundle.collect_wheels(tmp_path / "requirements.lock", tmp_path / "wheels")


# -- the script, run for real on a tiny project -----------------------------------------------------------------


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    """A bundle of a project that installs in a second: its own build backend, one wheel."""
    folder = tmp_path / "a stick"
    source = folder / "source"
    source.mkdir(parents=True)
    path = wheel(folder / "wheels")
    (folder / "wheels.lock").write_text(bundle.lock([path]), encoding="utf-8")
    (source / "backend.py").write_text(
        "import zipfile\n"
        "def build_editable(where, config_settings=None, metadata_directory=None):\n"
        "    info = 'proj-1.dist-info/'\n"
        "    with zipfile.ZipFile(f'{where}/proj-1-py3-none-any.whl', 'w') as made:\n"
        "        made.writestr('proj.py', 'HERE = True')\n"
        "        made.writestr(info + 'METADATA', 'Metadata-Version: 2.1\\nName: proj\\nVersion: 1\\n')\n"
        "        made.writestr(info + 'WHEEL', 'Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n')\n"
        "        made.writestr(info + 'RECORD', '')\n"
        "    return 'proj-1-py3-none-any.whl'\n",
        encoding="utf-8",
    )
    (source / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n', encoding="utf-8"
    )
    (folder / "install.sh").write_text(bundle.script(MACHINE), encoding="utf-8")
    return folder


def install(stick: Path, target: Path) -> subprocess.CompletedProcess[str]:
    command = ["sh", str(stick / "install.sh"), str(target)]
    return subprocess.run(
        command, env={**os.environ, "PYTHON": sys.executable}, capture_output=True, text=True, check=False
    )


def test_the_script_installs_from_the_folder_alone_and_only_once(stick: Path, tmp_path: Path) -> None:
    target = tmp_path / "the office"
    run = install(stick, target)
    assert run.returncode == 0, run.stderr
    python = target / ".venv" / "bin" / "python"
    subprocess.run([python, "-c", "import tiny_thing, proj"], check=True)
    assert (target / ".venv" / ".installed").exists()
    again = install(stick, target)
    assert (again.returncode, "exists already" in again.stderr) == (3, True)


def test_a_wheel_that_was_exchanged_on_the_way_is_refused(stick: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(next((stick / "wheels").iterdir()), "a") as made:
        made.writestr("another.py", "")
    run = install(stick, tmp_path / "office")
    assert run.returncode != 0
    assert "HASH" in run.stderr.upper()


def test_another_kind_of_machine_is_told_before_anything_is_written(stick: Path, tmp_path: Path) -> None:
    (stick / "install.sh").write_text(bundle.script(bundle.Machine("Linux", "sparc", "3.11")), encoding="utf-8")
    run = install(stick, tmp_path / "office")
    assert (run.returncode, "These wheels are for: Linux sparc 3.11" in run.stderr) == (3, True)
    assert not (tmp_path / "office").exists()


def test_the_note_names_the_machine_and_no_address() -> None:
    note = bundle.words(MACHINE, "the sources of commit abc")
    assert str(MACHINE) in note
    assert "commit abc" in note
    assert "http" not in note + bundle.script(MACHINE)
