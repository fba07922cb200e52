"""How eventbook says where it came from: requirements, commands, and the repository's address."""

from __future__ import annotations

import json
from importlib.metadata import Distribution

import pytest
from conftest import ROOT, copied, invoke
from packaging.requirements import Requirement
from ruamel.yaml import YAML

from eventbook.codebook import load
from eventbook.dataset.publishing import metadata
from eventbook.dataset.starter.new_package import EXTRAS, Answers, needed_tool, write_package
from eventbook.validation import findings, reports
from eventbook.validation.errors import InputError
from eventbook.validation.findings import Report
from eventbook.validation.installed import MissingExtra, install_command, repository, requirement
from eventbook.validation.package.package import Package
from eventbook.validation.settings import read_settings

ADDRESS = "https://example.org/owner/events"
COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def distribution(tmp_path):
    """Makes an installed distribution from what the installer recorded of it."""

    def make(record=None, address=None):
        folder = tmp_path / "eventbook-1.2.3.dist-info"
        folder.mkdir()
        urls = f"Project-URL: Repository, {address}\n" if address else ""
        (folder / "METADATA").write_text(f"Name: eventbook\nVersion: 1.2.3\n{urls}")
        if record is not None:
            (folder / "direct_url.json").write_text(json.dumps(record))
        return Distribution.at(folder)

    return make


@pytest.mark.parametrize(
    ("record", "address", "expected"),
    [
        (None, None, "eventbook==1.2.3"),
        (None, ADDRESS, "eventbook==1.2.3"),
        (
            {"url": ADDRESS, "vcs_info": {"vcs": "git", "commit_id": COMMIT}},
            None,
            f"eventbook @ git+{ADDRESS}@{COMMIT}",
        ),
        (
            {
                "url": ADDRESS,
                "vcs_info": {"vcs": "git", "commit_id": COMMIT},
                "subdirectory": "tool",
            },
            None,
            f"eventbook @ git+{ADDRESS}@{COMMIT}#subdirectory=tool",
        ),
        (
            {"url": f"{ADDRESS}/e.whl", "archive_info": {"hashes": {"sha256": "ab"}}},
            None,
            f"eventbook @ {ADDRESS}/e.whl#sha256=ab",
        ),
        ({"url": f"{ADDRESS}/e.whl", "archive_info": {}}, None, f"eventbook @ {ADDRESS}/e.whl"),
        ({"url": "file:///", "dir_info": {"editable": True}}, None, "eventbook @ file:///"),
        (
            {"url": "file:///", "dir_info": {"editable": True}},
            ADDRESS,
            f"eventbook @ git+{ADDRESS}@v1.2.3",
        ),
        ({"url": "file:///no/such%20file.whl", "archive_info": {}}, None, "eventbook==1.2.3"),
        ([], None, "eventbook==1.2.3"),
    ],
)
def test_the_requirement_is_where_it_came_from(distribution, record, address, expected):
    """`eventbook>=1.0.0` in a made package named something that no index had."""
    of = distribution(record, address)
    assert requirement(of=of) == expected
    assert Requirement(requirement(["workbook", "agree"], of)).extras == {"agree", "workbook"}


@pytest.mark.parametrize(
    ("typed", "declared"),
    [
        ("eventbook>=1.0", "eventbook[agree,workbook]>=1.0"),
        ("eventbook[desk] == 1.2.*", "eventbook[agree,desk,workbook]==1.2.*"),
        (f"eventbook @ git+{ADDRESS}@v1", f"eventbook[agree,workbook] @ git+{ADDRESS}@v1"),
    ],
)
def test_a_requirement_can_be_named(typed, declared):
    """Who made a package from a checkout could not say where others get eventbook."""
    declares = needed_tool(Answers("a", "A", "B", tool=typed))
    assert str(Requirement(declares)) == str(Requirement(declared))


@pytest.mark.parametrize("typed", ["", " ", "other>=1", "eventbook==", "eventbook\n>=1", ADDRESS])
def test_what_is_no_requirement_is_refused(tmp_path, typed):
    """A requirement that pip cannot read would be found out by whoever installs the package."""
    if not typed:
        assert Requirement(needed_tool(Answers("a", "A", "B", tool=typed))).extras == set(EXTRAS)
        return
    done = invoke("new", "package", str(tmp_path / "p"), "--yes", "--tool", typed)
    assert done.returncode == 2 and "expected a requirement of eventbook" in done.stderr
    assert not list(tmp_path.iterdir())


def test_a_missing_extra_is_installed_from_the_same_place(distribution, monkeypatch):
    """`pip install 'eventbook[desk]'` failed for everyone who had not installed it from an index."""
    folder = ROOT.as_uri()
    record = {"url": folder, "dir_info": {"editable": True}}
    monkeypatch.setattr("importlib.metadata.distribution", lambda name: of)
    of = distribution(record)
    assert install_command("desk") == f"pip install --editable '{ROOT}[desk]'"
    (of.locate_file("eventbook-1.2.3.dist-info") / "direct_url.json").write_text(
        json.dumps({"url": folder, "dir_info": {}})
    )
    assert install_command("desk") == f"pip install 'eventbook[desk] @ {folder}'"
    (of.locate_file("eventbook-1.2.3.dist-info") / "direct_url.json").unlink()
    error = MissingExtra("the desk", "desk")
    assert str(error) == "the desk needs the extra: pip install 'eventbook[desk]'"


@pytest.mark.parametrize("address", [None, ADDRESS, f"{ADDRESS}.git", f"{ADDRESS}/"])
def test_the_address_is_in_the_metadata(distribution, address):
    """Whoever installed it could not find the project."""
    assert repository(distribution(None, address)) == (ADDRESS if address else None)


def addressed(root, line):
    """A copy of the package in whose settings the address of the repository is set."""
    package = copied(root)
    path = root / "pyproject.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("\n[project.urls]\n", f"\n[project.urls]\n{line}\n", 1))
    return Package(package.root)


def test_one_setting_gives_the_address_to_all_metadata(tmp_path):
    """An address that is written in five files is right in four of them."""
    package = addressed(tmp_path / "p", f'Repository = "{ADDRESS}"')
    cff = YAML(typ="safe").load(metadata.citation(package))
    assert cff["repository-code"] == cff["url"] == ADDRESS
    croissant = json.loads(metadata.croissant(package, {"resources": []}))
    assert croissant["url"] == ADDRESS
    own_page = read_settings(package.root / "pyproject.toml")
    own_page.eventbook["url"] = "https://example.org/data"
    about = own_page.metadata()
    assert (about.url, about.repository) == ("https://example.org/data", ADDRESS)


def test_without_an_address_nothing_names_one(tmp_path):
    """A placeholder in a citation is copied into papers."""
    package = addressed(tmp_path / "p", "")
    text = metadata.citation(package) + metadata.croissant(package, {"resources": []})
    assert "repository-code" not in text and '"url"' not in text and "HOST" not in text


@pytest.mark.parametrize(
    "line", ['Repository = "owner/events"', "Repository = 7", "repository = 'https://a b'"]
)
def test_what_is_no_address_is_refused(tmp_path, line):
    """A typing error in the address would be published as a dead link."""
    package = addressed(tmp_path / "p", line)
    with pytest.raises(InputError, match=r"\[project.urls\] Repository: expected an address"):
        _ = package.metadata


@pytest.mark.parametrize("address", [None, ADDRESS])
def test_a_new_package_and_reports_name_the_address(distribution, monkeypatch, tmp_path, address):
    """Who got a package, or a report, did not learn where the tool that made it is."""
    of = distribution({"url": ROOT.as_uri(), "dir_info": {}}, address)
    monkeypatch.setattr("importlib.metadata.distribution", lambda name: of)
    write_package(tmp_path / "p", Answers("a", "A", "B"))
    text = (tmp_path / "p" / "README.md").read_text(encoding="utf-8")
    settings = read_settings(tmp_path / "p" / "pyproject.toml")
    (needed,) = settings.project["dependencies"]
    driver = json.loads(reports.sarif(Report(load(), findings.table([]), {})))["runs"][0]["tool"]
    if address:
        assert f"[eventbook]({ADDRESS})" in text and "computer that made" not in text
        assert Requirement(needed).url == f"git+{ADDRESS}@v1.2.3"
        assert driver["driver"]["informationUri"] == ADDRESS
    else:
        assert "[eventbook](" not in text and "name a file or folder of the computer" in text
        assert Requirement(needed).url == ROOT.as_uri()
        assert "informationUri" not in driver["driver"]
    assert settings.repository is None
