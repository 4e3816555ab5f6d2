"""The workflow that republishes on GitHub: its steps are run, in a repository with a remote on disk."""

from __future__ import annotations

import gzip
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml

from program import MOMENT
from templates import TEMPLATES

# --- GitHub: what the file says ---------------------------------------------------------------------------

WORKFLOW = TEMPLATES["github/.github/workflows/republish.yml"]
PAGES_STEP = "Have Pages publish"


def workflow() -> dict[str, Any]:
    """Read the workflow; YAML takes the key `on` for a truth value."""
    read: dict[Any, Any] = yaml.safe_load(WORKFLOW)
    return {("on" if key is True else key): value for key, value in read.items()}


def steps() -> list[dict[str, Any]]:
    """Give the steps of the one job."""
    found: list[dict[str, Any]] = workflow()["jobs"]["republish"]["steps"]
    return found


def test_the_workflow_is_bounded_and_may_do_little() -> None:
    read = workflow()
    assert read["permissions"] == {"contents": "write", "pages": "write"}
    assert read["concurrency"] == {"group": "republish", "cancel-in-progress": False}
    assert read["jobs"]["republish"]["timeout-minutes"] <= 30
    assert read["jobs"]["republish"]["if"] == "github.repository != 'feedbraid/feedbraid'"
    assert set(read["on"]) == {"schedule", "workflow_dispatch", "push"}
    minutes = {
        int(minute) for line in read["on"]["schedule"] for minute in line["cron"].partition(" ")[0].split(",")
    }
    assert minutes
    assert not minutes & {0, 15, 30, 45}


def test_the_workflow_uses_two_actions_by_their_commits_and_neither_caches_nor_artefacts() -> None:
    used = [step["uses"] for step in steps() if "uses" in step]
    assert [name.partition("@")[0] for name in used] == ["actions/checkout", "actions/setup-python"]
    assert all(re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", name) for name in used)
    text = WORKFLOW
    assert all(re.search(rf"{re.escape(name)} # v\d+\.\d+\.\d+\n", text) for name in used)
    assert all("cache" not in (step.get("with") or {}) for step in steps())


def test_nothing_of_an_event_gets_into_a_command() -> None:
    for step in steps():
        assert "${{" not in step.get("run", ""), step["name"]


@pytest.mark.parametrize("step", [step for step in steps() if "run" in step], ids=lambda step: step["name"])
def test_the_commands_of_the_workflow_are_good_bash(step: dict[str, Any], tmp_path: Path) -> None:
    script = tmp_path / "step.sh"
    script.write_text(step["run"], encoding="utf-8")
    judges = [["bash", "-n"]]
    if checker := shutil.which("shellcheck"):
        # An exit code of a condition is asked for on purpose, and folders are parted by spaces.
        judges.append([checker, "--shell=bash", "--exclude=SC2015"])
    for judge in judges:
        done = subprocess.run([*judge, str(script)], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


# --- GitHub: what its steps do ----------------------------------------------------------------------------

RSS = """<rss version="2.0"><channel><title>News</title><link>https://news.example/</link>{}</channel></rss>"""
ITEM = "<item><title>{0}</title><link>https://news.example/{0}</link><guid>{0}</guid></item>"


def news(*names: str) -> str:
    return RSS.format("".join(map(ITEM.format, names)))


def git(folder: Path, *arguments: str, **env: str) -> str:
    """Run git as a person would, without the settings of this machine."""
    known = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    names = {f"GIT_{role}_{what}": "ann" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    done = subprocess.run(
        ["git", *arguments], cwd=folder, env={**known, **names, **env}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@dataclass
class Job:
    """What became of one job."""

    failed: str = ""
    """The step at which it ended, if one failed."""
    said: str = ""
    outputs: dict[str, str] = field(default_factory=dict)


@dataclass
class Hub:
    """A repository as GitHub has it, a person's clone of it, and the runner of jobs."""

    folder: Path

    @property
    def remote(self) -> Path:
        """The bare repository."""
        return self.folder / "remote.git"

    @property
    def mine(self) -> Path:
        """The clone of a person."""
        return self.folder / "mine"

    def begin(self, **files: str) -> None:
        """Make the repository, with a first commit."""
        git(self.folder, "init", "--quiet", "--bare", "--initial-branch=main", str(self.remote))
        git(self.folder, "clone", "--quiet", str(self.remote), str(self.mine))
        git(self.mine, "checkout", "--quiet", "-B", "main")
        self.push(**files)

    def push(self, **files: str) -> None:
        """Change files as a person does."""
        if self.commits("main"):
            git(self.mine, "pull", "--quiet", "--ff-only", "origin", "main")
        for name, text in files.items():
            path = self.mine / name.replace("__", "/").replace("_", ".")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        git(self.mine, "add", "--all")
        git(self.mine, "commit", "--quiet", "--message", "By hand")
        git(self.mine, "push", "--quiet", "origin", "main")

    def commits(self, branch: str) -> list[str]:
        """Give the messages of the commits of a branch, newest first."""
        if not git(self.remote, "branch", "--list", branch):
            return []
        return git(self.remote, "log", "--format=%s", branch).splitlines()

    def file(self, name: str, branch: str = "main") -> str:
        """Give a file as it was pushed last."""
        return git(self.remote, "show", f"{branch}:{name}")

    def titles(self) -> set[str]:
        """Give the titles of the posts that are published."""
        return {item["title"] for item in json.loads(self.file("feeds/all/feed.json"))["items"]}

    def job(
        self,
        *,
        now: str = MOMENT,
        kept: str = "feeds",
        meanwhile: Callable[[], object] | None = None,
    ) -> Job:
        """Do the steps of the workflow on a new machine; `meanwhile` happens just before they publish."""
        shutil.rmtree(self.folder / "runner", ignore_errors=True)
        place, temporary = self.folder / "runner" / "work", self.folder / "runner" / "temporary"
        tools = temporary / "tools"
        tools.mkdir(parents=True)
        gh = tools / "gh"
        gh.write_text('#!/bin/sh\necho "$@" >> "$RUNNER_TEMP/asked"\n', encoding="utf-8")
        gh.chmod(0o755)
        git(self.folder, "clone", "--quiet", "--depth=1", self.remote.as_uri(), str(place))
        files = {name: temporary / name for name in ("GITHUB_ENV", "GITHUB_OUTPUT")}
        around = {
            **os.environ,
            "PATH": f"{tools}:{Path(sys.executable).parent}:{os.environ['PATH']}",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "RUNNER_TEMP": str(temporary),
            "GITHUB_REPOSITORY": "ann/feeds",
            "GITHUB_REF_NAME": "main",
            "FEEDBRAID_NOW": now,
            **{name: str(path) for name, path in files.items()},
            **workflow()["env"],
            "KEPT": kept,
        }
        job = Job()
        outputs: dict[str, dict[str, str]] = {}
        for step in steps():
            if "run" not in step or step["name"] == "Install feedbraid" or not _is_due(step.get("if"), outputs):
                continue
            if step.get("id") == "publish" and meanwhile:
                meanwhile()
            for path in files.values():
                path.write_text("", encoding="utf-8")
            given = {name: _value(text, outputs) for name, text in (step.get("env") or {}).items()}
            done = subprocess.run(
                ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
                cwd=place,
                env={**around, **given},
                capture_output=True,
                text=True,
                check=False,
            )
            job.said += f"--- {step['name']}\n{done.stdout}{done.stderr}"
            around |= _pairs(files["GITHUB_ENV"])
            job.outputs |= outputs.setdefault(step.get("id", ""), _pairs(files["GITHUB_OUTPUT"]))
            if done.returncode != 0:
                job.failed = step["name"]
                break
        return job


def _pairs(path: Path) -> dict[str, str]:
    return dict(line.split("=", 1) for line in path.read_text(encoding="utf-8").splitlines())


def _value(text: str, outputs: Mapping[str, Mapping[str, str]]) -> str:
    """Give what an expression stands for."""
    if text == "${{ github.token }}":
        return "a token"
    found = re.fullmatch(r"\$\{\{ steps\.(\w+)\.outputs\.(\w+) \}\}", text)
    assert found is not None, text
    return outputs.get(found[1], {}).get(found[2], "")


def _is_due(condition: str | None, outputs: Mapping[str, Mapping[str, str]]) -> bool:
    if condition is None:
        return True
    found = re.fullmatch(r"steps\.(\w+)\.outputs\.(\w+) (==|!=) '(\w+)'", condition)
    assert found is not None, condition
    return (outputs.get(found[1], {}).get(found[2], "") == found[4]) == (found[3] == "==")


CONFIG = "site: {url: https://ann.example/feeds/}\nsources:\n  news: {url: news.xml, every: 1m}\n"


@pytest.fixture
def new(tmp_path: Path) -> Hub:
    """A repository in which nothing was run yet."""
    made = Hub(tmp_path)
    made.begin(config_yaml=CONFIG, news_xml=news("one", "two"), seeds__first_md="---\ntitle: First\n---\nText\n")
    return made


@pytest.fixture(scope="module")
def after_the_first(tmp_path_factory: pytest.TempPathFactory) -> Hub:
    made = Hub(tmp_path_factory.mktemp("hub"))
    made.begin(config_yaml=CONFIG, news_xml=news("one", "two"), seeds__first_md="---\ntitle: First\n---\nText\n")
    job = made.job()
    assert not job.failed, job.said
    return made


@pytest.fixture
def hub(tmp_path: Path, after_the_first: Hub) -> Hub:
    """A repository after its first run."""
    shutil.copytree(after_the_first.folder, tmp_path, dirs_exist_ok=True)
    made = Hub(tmp_path)
    git(made.mine, "remote", "set-url", "origin", str(made.remote))
    return made


LATER = "2026-03-02T13:00:00Z"
MEANWHILE = "---\ntitle: Meanwhile\n---\nText\n"


def test_the_first_job_publishes_and_the_second_has_nothing_to_do(hub: Hub) -> None:
    assert hub.titles() == {"one", "two", "First"}
    assert hub.commits("main") == ["Republish", "By hand"]
    changed = git(hub.remote, "show", "--name-only", "--format=", "main").split()
    assert {name.partition("/")[0] for name in changed} == {"feeds"}
    asked = (hub.folder / "runner" / "temporary" / "asked").read_text(encoding="utf-8")
    assert asked == "api --silent --method POST repos/ann/feeds/pages/builds\n"

    second = hub.job(now=LATER)
    assert not second.failed, second.said
    assert hub.commits("main") == ["Republish", "By hand"]
    assert "Nothing has changed." in second.said
    assert PAGES_STEP not in second.said


def test_a_lost_state_is_read_back_from_the_feeds(hub: Hub) -> None:
    before = hub.file("feeds/all/atom.xml")
    git(hub.remote, "branch", "-D", "feedbraid-state")
    hub.push(news_xml=news("two"))
    job = hub.job(now=LATER)
    assert not job.failed, job.said
    assert "There is no branch feedbraid-state yet" in job.said
    assert "the store was missing: read back" in job.said
    assert hub.file("feeds/all/atom.xml") == before, "no subscriber sees anything of it"
    assert len(hub.commits("feedbraid-state")) == 1


@pytest.mark.parametrize("content", [b"not a state", gzip.compress(b"not a state")], ids=["packing", "inside"])
def test_a_damaged_state_is_read_back_too(content: bytes, hub: Hub) -> None:
    blob = hub.folder / "blob"
    blob.write_bytes(content)
    number = git(hub.remote, "hash-object", "-w", str(blob))
    tree = subprocess.run(
        ["git", "mktree"],
        cwd=hub.remote,
        input=f"100644 blob {number}\tstate.db.gz\n",
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    git(hub.remote, "update-ref", "refs/heads/feedbraid-state", git(hub.remote, "commit-tree", "-m", "x", tree))
    job = hub.job(now=LATER)
    assert not job.failed, job.said
    assert "::warning::The state on the branch feedbraid-state is damaged" in job.said
    assert hub.commits("main") == ["Republish", "By hand"]
    assert git(hub.remote, "rev-parse", "feedbraid-state^{tree}") != tree, "a good one took its place"


def test_what_somebody_pushes_meanwhile_stays_and_is_published(hub: Hub) -> None:
    hub.push(news_xml=news("three"))
    job = hub.job(now=LATER, meanwhile=partial(hub.push, seeds__second_md=MEANWHILE, news_xml=news("four")))
    assert not job.failed, job.said
    assert "Try 1: somebody else has pushed meanwhile." in job.said
    assert hub.file("seeds/second.md") + "\n" == MEANWHILE
    assert hub.titles() == {"one", "two", "three", "First", "Meanwhile"}, "what sources forget is in the state"
    assert hub.commits("main")[:2] == ["Republish", "By hand"]
    assert len(hub.commits("feedbraid-state")) == 1
    assert git(hub.remote, "ls-tree", "--name-only", "feedbraid-state") == "state.db.gz"


def test_the_first_job_and_posts_that_are_saved_as_files_survive_a_push_too(new: Hub) -> None:
    new.push(config_yaml=CONFIG.replace("every: 1m", "every: 1m, save_to: kept/"))
    job = new.job(meanwhile=partial(new.push, seeds__second_md=MEANWHILE), kept="feeds kept")
    assert not job.failed, job.said
    assert new.titles() == {"one", "two", "First", "Meanwhile"}
    assert len(git(new.remote, "ls-tree", "-r", "--name-only", "main", "kept/").split()) == 2


def test_nobodys_newer_state_is_lost(hub: Hub) -> None:
    newer = git(hub.remote, "commit-tree", "-m", "newer", git(hub.remote, "rev-parse", "main^{tree}"))
    hub.push(news_xml=news("three"))
    job = hub.job(now=LATER, meanwhile=lambda: git(hub.remote, "update-ref", "refs/heads/feedbraid-state", newer))
    assert job.failed == "Keep the state, and publish"
    assert hub.commits("feedbraid-state") == ["newer"]


def test_a_failed_source_is_a_warning_and_no_source_fails_the_job(new: Hub) -> None:
    new.push(config_yaml=CONFIG + "  lost: {url: lost.xml, every: 1m}\n")
    job = new.job()
    assert not job.failed, job.said
    assert "::warning::feedbraid: lost: " in job.said
    assert new.commits("main")[0] == "Republish"

    new.push(config_yaml=CONFIG.replace("news.xml", "100%.xml"), seeds__first_md="---\ntitle: Second\n---\nText\n")
    job = new.job(now=LATER)
    assert job.failed == "Fail when something was wrong"
    assert job.outputs["code"] == "1"
    assert "::error::feedbraid: news: " in job.said
    assert "100%25.xml" in job.said
    assert new.titles() >= {"Second", "one"}, "what there is, is published all the same"


def test_a_broken_configuration_fails_the_job_and_changes_nothing(hub: Hub) -> None:
    state = git(hub.remote, "rev-parse", "feedbraid-state")
    hub.push(config_yaml="sources: {news: {urll: news.xml}}\n")
    job = hub.job(now=LATER)
    assert job.failed in ("Fetch the state", "Run")
    assert "urll" in job.said
    assert hub.commits("main")[0] == "By hand"
    assert git(hub.remote, "rev-parse", "feedbraid-state") == state


def test_a_quiet_repository_is_kept_from_falling_asleep(hub: Hub) -> None:
    old = {"GIT_AUTHOR_DATE": "2020-01-01T00:00:00Z", "GIT_COMMITTER_DATE": "2020-01-01T00:00:00Z"}
    git(hub.mine, "pull", "--quiet", "origin", "main")
    git(hub.mine, "commit", "--quiet", "--amend", "--no-edit", "--date=2020-01-01T00:00:00Z", **old)
    git(hub.mine, "push", "--quiet", "--force", "origin", "main")
    job = hub.job(now=LATER)
    assert not job.failed, job.said
    assert hub.commits("main")[0] == "Keep the schedule of the feeds alive"
