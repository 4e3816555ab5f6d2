"""A folder of seeds: what is read again, what is gone, what is unusable, and what never stops the rest."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from feedbraid.model import Failed, FileMark, Fresh, Known, OriginSpec, Outcome, Reading, SourceState, Unchanged
from feedbraid.sources import Tools, seeds
from feedbraid.sources.seeds import OPEN, SeedFolder

POST = "---\ntitle: {title}\ndate: 2020-01-02\nfrom: https://news.example/{title}\n---\nText of {title}.\n"


def folder(root: Path, *locations: str) -> SeedFolder:
    spec = OriginSpec(name="posts", kind="seeds", locations=locations or ("seeds",))
    return SeedFolder(Reading(spec=spec), root)


def put(root: Path, ref: str, text: str | bytes = "") -> Path:
    path = root / "seeds" / ref
    path.parent.mkdir(parents=True, exist_ok=True)
    content = text or POST.format(title=path.stem)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def look(source: SeedFolder, *files: FileMark) -> Outcome:
    return asyncio.run(source.read(Known(state=SourceState(name="posts"), files=lambda: files)))


def look_knowing(source: SeedFolder, before: Fresh) -> tuple[Outcome, bool]:
    """Read a folder again after `before`; tell whether the marks of its files were asked for."""
    asked = []

    def files() -> tuple[FileMark, ...]:
        asked.append(True)
        return before.files

    state = SourceState(name="posts", body_digest=before.body_digest)
    return asyncio.run(source.read(Known(state=state, files=files))), bool(asked)


def fresh(source: SeedFolder, *files: FileMark) -> Fresh:
    outcome = look(source, *files)
    assert isinstance(outcome, Fresh), outcome
    return outcome


def refs(outcome: Fresh) -> list[str]:
    return [item.ref for item in outcome.entries]


def marked(outcome: Fresh) -> list[str]:
    return [mark.ref for mark in outcome.files]


def touch(path: Path) -> None:
    """Move a file's time by a second, whatever the file system's grain is."""
    status = path.stat()
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + 1_000_000_000))


def rewrite(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    touch(path)


# --- what is read -----------------------------------------------------------------------------------------


def test_a_first_reading_gives_all_posts_in_the_order_of_their_refs(tmp_path: Path) -> None:
    for ref in ("b.md", "a.markdown", "sub/c.html", "sub/deep/d.txt", "e.htm"):
        put(tmp_path, ref)
    outcome = fresh(folder(tmp_path))
    assert refs(outcome) == ["a.markdown", "b.md", "e.htm", "sub/c.html", "sub/deep/d.txt"]
    assert marked(outcome) == refs(outcome)
    assert (outcome.skipped, outcome.gone, outcome.unchanged) == ((), (), 0)
    entry = outcome.entries[1].entry
    assert (entry.title, entry.link, entry.dialect) == ("b", "https://news.example/b", "seed")
    assert entry.body == "<p>Text of b.</p>"


def test_an_unchanged_folder_costs_no_reading(tmp_path: Path) -> None:
    path = put(tmp_path, "a.md")
    marks = fresh(folder(tmp_path)).files
    status = path.stat()
    path.write_bytes(b"x" * status.st_size)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert look(folder(tmp_path), *marks) == Unchanged(reason="1 files as before")


def test_another_size_at_the_same_time_is_a_change(tmp_path: Path) -> None:
    path = put(tmp_path, "a.md")
    marks = fresh(folder(tmp_path)).files
    status = path.stat()
    path.write_text(POST.format(title="longer"), encoding="utf-8")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert refs(fresh(folder(tmp_path), *marks)) == ["a.md"]


def test_only_what_changed_is_read_again(tmp_path: Path) -> None:
    put(tmp_path, "a.md")
    path = put(tmp_path, "b.md")
    marks = fresh(folder(tmp_path)).files
    rewrite(path, POST.format(title="new"))
    outcome = fresh(folder(tmp_path), *marks)
    assert (refs(outcome), outcome.unchanged) == (["b.md"], 1)
    assert outcome.entries[0].entry.title == "new"
    assert marked(outcome) == ["a.md", "b.md"]


def test_a_file_with_a_new_time_and_the_same_bytes_is_not_parsed(tmp_path: Path) -> None:
    path = put(tmp_path, "a.md")
    marks = fresh(folder(tmp_path)).files
    touch(path)
    outcome = fresh(folder(tmp_path), *marks)
    assert (outcome.entries, outcome.unchanged) == ((), 1)
    assert outcome.files[0].mtime_ns == path.stat().st_mtime_ns
    assert outcome.files[0].digest == marks[0].digest


def test_a_file_that_vanished_is_gone(tmp_path: Path) -> None:
    put(tmp_path, "a.md")
    path = put(tmp_path, "b.md")
    marks = fresh(folder(tmp_path)).files
    path.unlink()
    outcome = fresh(folder(tmp_path), *marks)
    assert (outcome.gone, outcome.entries, marked(outcome)) == (("b.md",), (), ["a.md"])


def test_a_post_that_became_unusable_is_gone_and_named(tmp_path: Path) -> None:
    path = put(tmp_path, "a.md")
    marks = fresh(folder(tmp_path)).files
    rewrite(path, "no post")
    outcome = fresh(folder(tmp_path), *marks)
    assert outcome.gone == ("a.md",)
    assert [item.ref for item in outcome.skipped] == ["a.md"]
    assert outcome.files[0].digest == ""


def test_unusable_files_are_looked_at_every_time_and_named_whenever_something_changed(tmp_path: Path) -> None:
    put(tmp_path, "a.md")
    put(tmp_path, "bad.md", "no post")
    first = fresh(folder(tmp_path))
    assert [item.ref for item in first.skipped] == ["bad.md"]
    assert look(folder(tmp_path), *first.files) == Unchanged(reason="2 files as before")
    put(tmp_path, "c.md")
    second = fresh(folder(tmp_path), *first.files)
    assert (second.skipped, second.gone, second.unchanged) == (first.skipped, (), 1)


def test_an_unusable_file_that_was_mended_is_read(tmp_path: Path) -> None:
    path = put(tmp_path, "a.md", "no post")
    marks = fresh(folder(tmp_path)).files
    rewrite(path, POST.format(title="mended"))
    outcome = fresh(folder(tmp_path), *marks)
    assert (refs(outcome), outcome.skipped, outcome.gone) == (["a.md"], (), ())


def test_a_mark_without_digest_has_a_good_file_read_again(tmp_path: Path) -> None:
    put(tmp_path, "a.md")
    marks = fresh(folder(tmp_path)).files
    assert refs(fresh(folder(tmp_path), marks[0]._replace(digest=""))) == ["a.md"]


def test_a_forgotten_mark_of_a_file_that_is_refused_now_takes_its_copy_away(tmp_path: Path) -> None:
    put(tmp_path, "a.md", "no post")
    outcome = fresh(folder(tmp_path), FileMark(ref="a.md", mtime_ns=-1, size=0, digest=""))
    assert outcome.gone == ("a.md",)


def test_b103_two_seeds_with_one_address_are_both_kept(tmp_path: Path) -> None:
    put(tmp_path, "a.md", POST.format(title="same"))
    put(tmp_path, "b.md", POST.format(title="same"))
    outcome = fresh(folder(tmp_path))
    assert refs(outcome) == ["a.md", "b.md"]
    assert len({item.entry.key for item in outcome.entries}) == 1


def test_d5_repairs_are_noted_on_the_entry(tmp_path: Path) -> None:
    put(tmp_path, "2020-01-02-a.md", "---\ntitle: a: b\n---\ntext")
    notes = [note.text for note in fresh(folder(tmp_path)).entries[0].notes]
    assert notes[0] == "line 2: title is no valid YAML; it was read as it stands"


def test_a_post_with_nothing_to_publish_is_skipped(tmp_path: Path) -> None:
    put(tmp_path, "a.md", "---\nlang: ru\ndate: 2020-01-02\n---\n")
    assert "nothing to publish" in fresh(folder(tmp_path)).skipped[0].reason


# --- which files there are --------------------------------------------------------------------------------


def test_hidden_files_drafts_readmes_and_other_kinds_are_no_seeds(tmp_path: Path) -> None:
    for ref in (
        "a.md",
        ".b.md",
        ".git/c.md",
        "_drafts/d.md",
        "node_modules/e.md",
        "_site/f.html",
        "README.md",
        "g.jpg",
    ):
        put(tmp_path, ref)
    outcome = fresh(folder(tmp_path))
    assert (refs(outcome), outcome.skipped) == (["a.md"], ())


@pytest.mark.parametrize(
    ("locations", "expected"),
    [
        pytest.param(("seeds/",), ["a.md", "a.txt", "sub/b.md", "sub/deep/c.md"], id="a folder"),
        pytest.param(("seeds/*.md",), ["a.md"], id="one level"),
        pytest.param(("seeds/**/*.md",), ["a.md", "sub/b.md", "sub/deep/c.md"], id="all levels"),
        pytest.param(("seeds/**",), ["a.md", "a.txt", "sub/b.md", "sub/deep/c.md"], id="everything below"),
        pytest.param(("seeds/sub/?.md",), ["b.md"], id="one character"),
        pytest.param(("seeds/[!b].txt",), ["a.txt"], id="a choice of characters"),
        pytest.param(("seeds/s*/deep/*",), ["sub/deep/c.md"], id="a wildcard folder"),
        pytest.param(("seeds/a.md",), ["a.md"], id="one file"),
        pytest.param(
            ("seeds/sub", "seeds/*.txt"), ["seeds/a.txt", "seeds/sub/b.md", "seeds/sub/deep/c.md"], id="two places"
        ),
    ],
)
def test_locations_are_folders_globs_or_files(
    tmp_path: Path, locations: tuple[str, ...], expected: list[str]
) -> None:
    for ref in ("a.md", "a.txt", "sub/b.md", "sub/deep/c.md"):
        put(tmp_path, ref)
    assert refs(fresh(folder(tmp_path, *locations))) == expected


def test_f34_links_are_followed_inside_the_folder_only_and_make_no_loop(tmp_path: Path) -> None:
    put(tmp_path, "a.md")
    (tmp_path / "secret.md").write_text(POST.format(title="secret"), encoding="utf-8")
    (tmp_path / "outside").mkdir()
    top = tmp_path / "seeds"
    (top / "loop").symlink_to(top)
    (top / "self.md").symlink_to(top / "self.md")
    (top / "inside.md").symlink_to(top / "a.md")
    (top / "secret.md").symlink_to(tmp_path / "secret.md")
    (top / "outside").symlink_to(tmp_path / "outside")
    (top / "picture.jpg").symlink_to(tmp_path / "secret.md")
    outcome = fresh(folder(tmp_path))
    assert refs(outcome) == ["a.md", "inside.md"]
    assert {item.ref: item.reason for item in outcome.skipped} == {
        "outside": "it is a link that leads out of the folder",
        "secret.md": "it is a link that leads out of the folder",
        "self.md": "it is a link that leads nowhere",
    }
    assert isinstance(look(folder(tmp_path), *outcome.files), Unchanged)


def test_the_folder_itself_may_be_a_link(tmp_path: Path) -> None:
    put(tmp_path, "a.md")
    (tmp_path / "posts").symlink_to(tmp_path / "seeds")
    assert refs(fresh(folder(tmp_path, "posts"))) == ["a.md"]


def test_file_names_that_are_not_utf8_get_a_ref_that_can_be_stored(tmp_path: Path) -> None:
    put(tmp_path, "a.md")
    odd = os.fsencode(tmp_path / "seeds") + b"/caf\xe9.md"
    os.rename(tmp_path / "seeds" / "a.md", odd)  # noqa: PTH104  # the name is bytes
    outcome = fresh(folder(tmp_path))
    assert refs(outcome) == ["caf\\xe9.md"]
    assert isinstance(look(folder(tmp_path), *outcome.files), Unchanged)


def test_a_pipe_in_the_folder_does_not_stop_the_reading(tmp_path: Path) -> None:
    put(tmp_path, "a.md")
    os.mkfifo(tmp_path / "seeds" / "pipe.md")
    assert refs(fresh(folder(tmp_path))) == ["a.md"]


# --- trouble ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "location",
    [
        pytest.param("nowhere", id="no folder"),
        pytest.param("nowhere/**/*.md", id="no folder in front of a glob"),
        pytest.param("seeds/a.md/below", id="a file in the way"),
    ],
)
def test_f33_a_missing_folder_is_a_failure_so_that_its_posts_stay(tmp_path: Path, location: str) -> None:
    put(tmp_path, "a.md")
    outcome = look(folder(tmp_path, location), FileMark(ref="a.md", mtime_ns=1, size=1, digest="x"))
    assert isinstance(outcome, Failed)
    assert location.split("/", maxsplit=1)[0] in outcome.reason


def test_a_file_that_can_not_be_read_keeps_its_copy_and_is_named(tmp_path: Path) -> None:
    here = seeds._File("a.md", 5, 5, str(tmp_path))
    mark = FileMark(ref="a.md", mtime_ns=1, size=1, digest="x")
    found = seeds._look(here, mark, folder(tmp_path).reading)
    assert found is not None
    assert (found.mark, found.lost, found.entry) == (mark, False, None)
    assert found.skipped is not None
    assert "can not be read" in found.skipped.reason


def test_a_file_that_vanishes_while_the_folder_is_read_is_gone(tmp_path: Path) -> None:
    here = seeds._File("a.md", 5, 5, str(tmp_path / "a.md"))
    assert seeds._look(here, None, folder(tmp_path).reading) is None


def test_one_bad_file_never_stops_the_rest(tmp_path: Path) -> None:
    for number, bad in enumerate(
        (b"", b"\0\1", b"\xff\xfe", b"---\na: &a [*a]\n---\n", b"---\n[[[[", b"x" * 6_000_000)
    ):
        put(tmp_path, f"bad{number}.md", bad or b" ")
    put(tmp_path, "good.md")
    outcome = fresh(folder(tmp_path))
    assert refs(outcome) == ["good.md"]
    assert len(outcome.skipped) == 6
    assert all(item.reason for item in outcome.skipped)


def test_a_folder_that_looks_as_it_did_needs_no_mark_of_any_file(tmp_path: Path) -> None:
    put(tmp_path, "a.md")
    put(tmp_path, "b/c.md")
    first = fresh(folder(tmp_path))
    assert look_knowing(folder(tmp_path), first) == (Unchanged(reason="2 files as before"), False)


@pytest.mark.parametrize("change", ["edited", "touched", "new", "gone", "renamed"])
def test_whatever_changes_in_a_folder_is_seen(tmp_path: Path, change: str) -> None:
    first_file, second_file = put(tmp_path, "a.md"), put(tmp_path, "b.md")
    first = fresh(folder(tmp_path))
    match change:
        case "edited":
            first_file.write_text(POST.format(title="b"), encoding="utf-8")
        case "touched":
            os.utime(first_file, ns=(1, 1))
        case "new":
            put(tmp_path, "c.md")
        case "gone":
            first_file.unlink()
        case "renamed":
            second_file.rename(second_file.with_name("c.md"))
    outcome, asked = look_knowing(folder(tmp_path), first)
    assert asked
    assert outcome == look(folder(tmp_path), *first.files)
    assert isinstance(outcome, Fresh)


def test_a_file_that_can_not_be_used_is_read_again_only_when_something_changed(tmp_path: Path) -> None:
    put(tmp_path, "a.md")
    put(tmp_path, "bad.md", b"\0\1")
    first = fresh(folder(tmp_path))
    assert look_knowing(folder(tmp_path), first) == (Unchanged(reason="2 files as before"), False)
    put(tmp_path, "c.md")
    outcome, _ = look_knowing(folder(tmp_path), first)
    assert isinstance(outcome, Fresh)
    assert [item.ref for item in outcome.skipped] == ["bad.md"], "it is still named"
    assert look_knowing(folder(tmp_path), outcome) == (Unchanged(reason="3 files as before"), False)


def test_a_file_that_could_not_be_read_is_tried_again_though_it_looks_the_same(tmp_path: Path) -> None:
    put(tmp_path, "a.md")
    missing = seeds._File("b.md", 1, 1, str(tmp_path))
    refused = seeds._look(missing, None, folder(tmp_path).reading)
    assert refused is not None
    assert refused.skipped is not None
    assert refused.is_passing
    assert seeds._outcome([], [refused], {}) == Fresh(
        entries=(), skipped=(refused.skipped,), files=(refused.mark,), body_digest=""
    )


def test_an_empty_folder_is_no_failure(tmp_path: Path) -> None:
    (tmp_path / "seeds").mkdir()
    assert look(folder(tmp_path)) == Unchanged(reason="0 files as before")


def test_open_makes_a_source_at_the_folder_of_the_configuration(tmp_path: Path) -> None:
    put(tmp_path, "a.md")
    source = OPEN(folder(tmp_path).reading, Tools(root=tmp_path))
    outcome = asyncio.run(source.read(Known(state=SourceState(name="posts"))))
    assert isinstance(outcome, Fresh)
    assert refs(outcome) == ["a.md"]


# --- real files -------------------------------------------------------------------------------------------


@pytest.mark.corpus
def test_the_real_folder_is_read_once_and_unchanged_then(corpus: Path) -> None:
    source = folder(corpus)
    first = fresh(source)
    assert (len(first.entries), len(first.skipped), len(first.files)) == (287, 13, 300)
    empty = [item.ref for item in first.skipped if "nothing to publish" in item.reason]
    assert empty == ["seed-219.md", "seed-292.md"]
    assert look(source, *first.files) == Unchanged(reason="300 files as before")
    assert fresh(source) == first
