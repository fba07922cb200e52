"""A coder amends what was filed, as long as nobody else has filed the same document."""

from __future__ import annotations

import shutil

import pytest

from eventbook.dataset.desk.filing import FilingOptions, file_coding, try_filing
from eventbook.dataset.starter.new_package import Answers, write_package
from eventbook.validation.coding.filed import load_coding
from eventbook.validation.errors import InputError
from eventbook.validation.package.package import Package


@pytest.fixture
def package(tmp_path):
    """A package with its invented example, coded by anna in a folder of tables, and filed."""
    root = tmp_path / "package"
    write_package(root, Answers("amended", "Amended", "Eva"))
    shutil.copytree(root / "seeds" / "tables", tmp_path / "anna")
    package = Package(root)
    assert file_coding(package, tmp_path / "anna", "anna").rows is not None
    return package


def typed_again(tmp_path):
    """Anna types another type of event."""
    path = tmp_path / "anna" / "events.csv"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("Peaceful protest", "Violent demonstration"), encoding="utf-8")
    return tmp_path / "anna"


def test_an_amendment_replaces_what_was_filed_and_is_recorded(package, tmp_path):
    """A slip that its coder sees a minute after filing had to go through an adjudication."""
    folder = typed_again(tmp_path)
    with pytest.raises(InputError, match="differ from what anna filed"):
        file_coding(package, folder, "anna")
    assert try_filing(package, folder, "anna", FilingOptions("read again")).documents == (
        "DOC-0001",
    )
    assert load_coding(package.root, package.book, "anna").filings[-1].amendment == ""
    file_coding(
        package, folder, "anna", options=FilingOptions("read again: police 'stopped' the march")
    )
    coding = load_coding(package.root, package.book, "anna")
    assert [f.amendment for f in coding.filings] == ["", "read again: police 'stopped' the march"]
    assert coding.documents == ("DOC-0001",)
    assert [r["sub_event_type"] for r in coding.rows("events")] == ["Violent demonstration"]
    assert not [f for f in package.check().report if f.rule == "coding-changed"]


def test_no_amendment_once_another_coder_has_filed(package, tmp_path):
    """Who has seen where the other differs could give way, and agreement would be measured on that."""
    shutil.copytree(tmp_path / "anna", tmp_path / "bert")
    file_coding(package, tmp_path / "bert", "bert")
    with pytest.raises(InputError, match="bert has filed DOC-0001, too"):
        file_coding(package, typed_again(tmp_path), "anna", options=FilingOptions("read again"))


def test_nothing_to_amend(package, tmp_path):
    """An amendment of nothing would be a filing that no record explains."""
    shutil.copytree(tmp_path / "anna", tmp_path / "bert")
    with pytest.raises(InputError, match="bert has filed nothing yet"):
        file_coding(package, tmp_path / "bert", "bert", options=FilingOptions("read again"))
