"""What a person reads who names a file that is not there, or is in no package."""

import contextlib
from pathlib import Path

import pytest
from conftest import COPIED, ROOT, invoke
from hypothesis import given
from hypothesis import strategies as st

from eventbook.validation.missing import hint

HERE = "seeds/tables/claims.csv", "seeds/tables/events.csv", "seeds/tables/locations.csv"
FILES = (*HERE, "dist/eventbook-1.0.0.zip", "anna.xlsx", "notes/events.csv", ".ci/run")


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """A package of empty files: only their names matter."""
    root = tmp_path_factory.mktemp("package")
    for name in (*FILES, *COPIED, ".venv/pyvenv.cfg", "env/pyvenv.cfg", "env/quotes.csv"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    return root


@pytest.mark.parametrize(
    ("typed", "said"),
    {
        "eventbook-1.0.0.zip": "; did you mean dist/eventbook-1.0.0.zip?",
        "claims.csv": "; did you mean seeds/tables/claims.csv?",
        "data/claims.csv": "; did you mean seeds/tables/claims.csv?",
        "seeds/tables/claim.csv": "; did you mean seeds/tables/claims.csv?",
        "seeds/tables/EVENT.CSV": "; did you mean seeds/tables/events.csv?",
        "seeds/tables/claims.cvs": "; did you mean seeds/tables/claims.csv?",
        "seeds/tables/claims.parquet": "; did you mean seeds/tables/claims.csv?",
        "dist/eventbook-1.0.zip": "; did you mean dist/eventbook-1.0.0.zip?",
        "ana.xlsx": "; did you mean anna.xlsx?",
        # none is close
        "seeds/tables/actors.csv": "",
        "seeds/tables/quotes.csv": "",
        "bert.xlsx": "",
        "ci": "",
        "report.txt": "",
        # two are called so
        "events.csv": "",
        "nowhere/report.txt": "; there is no folder nowhere either",
    }.items(),
)
def test_a_guess_is_close_or_absent(package, typed, said):
    """`verify eventbook-1.0.0.zip` asked "did you mean .ci?", and for claims.csv locations.csv."""
    with contextlib.chdir(package):
        assert hint(Path(typed)) == said


@given(st.text("abcdefgh.-_0123456789/", min_size=1, max_size=12))
def test_any_name_gets_a_file_that_exists_and_is_close(package, typed):
    """A guess that is wild, hidden or not there itself is worse than none."""
    with contextlib.chdir(package):
        said = hint(Path(typed))
        if said.startswith("; did you mean "):
            meant = Path(said.removeprefix("; did you mean ").removesuffix("?"))
            assert meant.exists() and meant.name[0] != "."
            letters = set(meant.name) & set(Path(typed).name)
            assert len(letters) >= 3


WITHOUT_PACKAGE = {
    ("check",): ", name a file to check",
    ("explore",): ", name a file of events",
    ("load", "sqlite:///x.db"): ", name a release with --from",
    **dict.fromkeys(
        [
            ("publish",),
            ("publish", "--check"),
            ("fmt",),
            ("workbook", "x.xlsx"),
            ("import", "x.xlsx"),
            ("export", "anna"),
            ("desk",),
            ("agree", "anna", "bert"),
            ("adjudicate", "anna", "bert"),
            ("practice", "--compare", "anna"),
            ("new", "document", "x.txt"),
            ("new", "event"),
            ("new", "actor"),
        ],
        "",
    ),
}


@pytest.mark.parametrize("words", WITHOUT_PACKAGE, ids=" ".join)
def test_in_a_folder_that_is_no_package_the_next_step_is_said(tmp_path, words):
    """`publish` and `agree` asked for "a file to check", and nothing said how a package is made."""
    done = invoke(*words, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"eventbook: {tmp_path}: no package here or above (a folder with pyproject.toml and "
        f"seeds/tables); go to one{WITHOUT_PACKAGE[words]}, or make one: eventbook new package DIR\n"
    )


def test_a_package_or_an_empty_folder_is_no_table(tmp_path, package):
    """`check FOLDER` of a package asked for Parquet files."""
    assert "a package, which is checked as a whole: go to it first" in (
        invoke("check", str(package), cwd=tmp_path).stderr
    )
    assert "a folder without Parquet files; name a file in it" in (
        invoke("check", str(tmp_path), cwd=tmp_path).stderr
    )


@pytest.mark.parametrize(
    ("url", "said"),
    {
        "postgresql://user@localhost:1/db": (
            "user@localhost:1/db: cannot connect, or the connection was lost: Connection refused "
            "(host localhost, port 1)"
        ),
        "postgresql://user@host.invalid/db": "(host host.invalid, port 5432)",
        "postgresql://user@host:port/db": "not the URL of a database; give postgresql://",
        "user@host/db": "not the URL of a database; give postgresql://",
        "mysql://user@host/db": "mysql: not a database that eventbook supports; give postgresql://",
    }.items(),
)
def test_a_database_that_cannot_be_reached_is_named(url, said):
    """`load postgresql://user@host/db` printed (timeout is None and source_address is None)."""
    done = invoke("load", url, cwd=ROOT)
    assert done.returncode == 2 and said in done.stderr
    assert "None" not in done.stderr
