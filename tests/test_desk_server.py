"""The server of the desk: drafts that lose nothing, and a door that lets nobody else in."""

from __future__ import annotations

import contextlib
import csv
import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import threading
import time
from pathlib import Path

import pytest
from conftest import HOSTILE, OWN_BOOKS, invoke
from running_desk import RunningDesk

from eventbook.codebook import load
from eventbook.dataset.html.guide_text import html_of
from eventbook.dataset.webdesk.assets import assets
from eventbook.dataset.webdesk.description import describe_book
from eventbook.dataset.webdesk.draft import (
    ConflictError,
    Draft,
    DraftChange,
    RowChanges,
    filled_cells,
)
from eventbook.dataset.webdesk.people import Door, people_of, secret_of
from eventbook.dataset.webdesk.security import HEADERS, LARGEST
from eventbook.dataset.webdesk.server import Address, listening, url_of
from eventbook.validation.errors import InputError
from eventbook.validation.package.package import Package

EVENT = {
    "event_id": "ISL-2024-0001",
    "document_id": "DOC-0001",
    "sub_event_type": "Peaceful protest",
}


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """A new package, with one invented document."""
    folder = tmp_path_factory.mktemp("desk") / "demo"
    made = invoke("new", "package", str(folder), "--yes")
    assert made.returncode == 0, made.stderr
    return folder


@pytest.fixture
def draft(package, tmp_path):
    return Draft(Package(shutil.copytree(package, tmp_path / "demo")), "anna")


@pytest.fixture(scope="module")
def desk(package):
    running = RunningDesk(package, "--coder", "anna", "--coder", "bert", "--adjudicator", "eva")
    yield running
    running.stop()


@pytest.fixture(scope="module")
def anna(desk):
    return desk.enter("anna")


def save(draft, table, removed=(), added=(), revision=""):
    changes = RowChanges(tuple(removed), tuple(added))
    return draft.save(DraftChange("DOC-0001", revision, {table: changes}))


def rows_on_disk(draft, table):
    with (draft.folder / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return [{k: v for k, v in row.items() if v} for row in csv.DictReader(file)]


# The draft


def test_a_change_is_on_disk_in_the_tables_that_import_takes(draft):
    """A draft of its own format could be read with the desk alone, and not be filed without it."""
    save(draft, "events", added=[EVENT])
    assert rows_on_disk(draft, "events") == [EVENT]
    names = {path.name for path in draft.folder.iterdir()}
    assert {"documents.csv", "actors.csv", "quotes.csv"} <= names
    for words in (
        ("check", "drafts/anna"),
        ("import", "drafts/anna", "--coder", "anna", "--dry-run"),
    ):
        tried = invoke(*words, cwd=draft.package.root)
        assert tried.returncode == 1
        assert "drafts/anna/events.csv:2: ISL-2024-0001 still lacks" in tried.stdout


def test_documents_are_filed_one_by_one(draft):
    """A coder with ten documents could file the first one only when all ten were done."""
    save(draft, "events", added=[EVENT])
    words = ("import", "drafts/anna", "--coder", "anna", "--dry-run", "--document")
    tried = invoke(*words, "DOC-0001", cwd=draft.package.root)
    assert "ISL-2024-0001 still lacks" in tried.stdout
    tried = invoke(*words, "DOC-9999", cwd=draft.package.root)
    assert tried.returncode == 2
    assert "DOC-9999: no such document; there are: DOC-0001" in tried.stderr


def test_a_row_that_was_changed_meanwhile_is_not_overwritten(draft):
    """The second of two windows saved its old row over that of the first, and nobody was told."""
    save(draft, "events", added=[EVENT])
    ours, theirs = {**EVENT, "notes": "ours"}, {**EVENT, "notes": "theirs"}
    save(draft, "events", [EVENT], [theirs])
    with pytest.raises(ConflictError) as refused:
        save(draft, "events", [EVENT], [ours])
    assert refused.value.missing == [("events", EVENT)]
    assert rows_on_disk(draft, "events") == [theirs]


def test_changes_of_different_rows_are_both_kept_and_the_second_window_is_told(draft):
    """Two windows on one document lost what the other had added."""
    before = draft.revision()
    other = {**EVENT, "event_id": "ISL-2024-0002"}
    assert not save(draft, "events", added=[EVENT], revision=before).elsewhere
    assert save(draft, "events", added=[other], revision=before).elsewhere
    assert rows_on_disk(draft, "events") == [EVENT, other]


def test_a_change_that_is_sent_twice_is_made_once(draft):
    """An answer that was lost on the way made the page send the change again: two rows, or a conflict."""
    save(draft, "events", added=[EVENT])
    new = {**EVENT, "notes": "once"}
    for _ in range(2):
        save(draft, "events", [EVENT], [new])
    assert rows_on_disk(draft, "events") == [new]


def test_a_draft_that_was_edited_on_disk_is_read_again(draft):
    """What a coder repaired in a text editor was overwritten by the next click."""
    save(draft, "events", added=[EVENT])
    path = draft.folder / "events.csv"
    path.write_text(
        path.read_text(encoding="utf-8").replace("Peaceful protest", "Violent demonstration"),
        encoding="utf-8",
    )
    edited = {**EVENT, "sub_event_type": "Violent demonstration"}
    assert draft.tables()["events"] == [edited]
    with pytest.raises(ConflictError):
        save(draft, "events", [EVENT], [{**EVENT, "notes": "x"}])
    assert save(draft, "events", [edited], [{**edited, "notes": "x"}]).revision == draft.revision()


def test_a_draft_that_cannot_be_read_is_left_alone(draft):
    """A file with an unclosed quotation mark was replaced by what could be read of it."""
    save(draft, "events", added=[EVENT])
    path = draft.folder / "events.csv"
    broken = path.read_bytes() + b'"never closed\n'
    path.write_bytes(broken)
    with pytest.raises(InputError, match=r"drafts/anna/events\.csv"):
        save(draft, "events", added=[{**EVENT, "event_id": "ISL-2024-0002"}])
    assert path.read_bytes() == broken


def test_new_actors_of_the_package_come_into_a_draft(draft):
    """An actor that the team agreed on after the draft was begun was missing from its lists."""
    save(draft, "events", added=[EVENT])
    path = draft.package.root / "seeds/tables/actors.csv"
    header, *rows = path.read_text(encoding="utf-8").splitlines()
    names = header.split(",")
    new = dict.fromkeys(names, "") | {
        "actor_id": "new-union",
        "actor": "New Union",
        "inter": "6",
        "reference": "x",
    }
    path.write_text(
        "\n".join([header, *rows, ",".join(new[n] for n in names), ""]), encoding="utf-8"
    )
    fresh = Draft(Package(draft.package.root), "anna")
    assert "new-union" in {row["actor_id"] for row in fresh.tables()["actors"]}


@pytest.mark.parametrize(
    ("table", "row", "said"),
    [
        ("events", {**EVENT, "document_id": "DOC-0002"}, "not about DOC-0001"),
        ("events", {**EVENT, "evil": "1"}, "no column 'evil'"),
        ("retired", {"event_id": "ISL-2024-0001"}, "no table of a coder"),
        ("../../etc", {"event_id": "ISL-2024-0001"}, "no table of a coder"),
        ("evidence", {"evidence_id": "1"}, "no table of a coder"),
        ("documents", {"document_id": "DOC-0001"}, "added and removed in the package"),
        ("events", {**EVENT, "notes": "a\0b"}, "NUL"),
        ("events", {**EVENT, "notes": "\ud800"}, "half a character"),
    ],
)
def test_a_change_that_no_page_makes_is_refused(draft, table, row, said):
    """A request could write rows of other documents, other tables, or text that no file holds."""
    with pytest.raises(InputError, match=said):
        save(draft, table, added=[row])
    assert not draft.folder.exists() or not list(draft.folder.glob("*.csv"))


@pytest.mark.parametrize(
    "text", [*HOSTILE, " leading", "a\r\nb", "a\nb", '"', "é e\u0301 \U0001f600 \u200d", "\ufeffx"]
)
def test_any_text_comes_back_as_it_was_typed(draft, text):
    """A line break, a quotation mark or a blank of a note was lost on the way to the disk and back."""
    row = {**EVENT, "notes": text}
    save(draft, "events", added=[row])
    again = Draft(draft.package, "anna")
    assert [filled_cells(r) for r in again.tables()["events"]] == [filled_cells(row)]


def test_all_books_are_described():
    """The page knew its way about in our own book only."""
    described = describe_book(Package(OWN_BOOKS / "strikes").book)
    tables = {table["name"]: table for table in described["tables"]}
    assert tables["strikes"]["unit"]
    assert described["quotes"]["table"] == "quotations"
    assert described["quotes"]["owners"][0]["table"] == "strikes"
    assert described["passages"]["table"] == "skipped"
    assert all("^" not in json.dumps(t.get("limits", "")) for t in tables["strikes"]["fields"])


def test_html_and_scripts_in_a_guide_are_text():
    """A guide that somebody else wrote ran a script in the browser of the coder."""
    html = html_of(
        "<script>bad()</script> [x](javascript:bad()) ![y](data:text/html,bad)\n\n| a |\n|---|\n| 1 |"
    )
    assert "<script" not in html
    assert 'href="javascript' not in html
    assert 'src="data:text' not in html
    assert "<table>" in html


# Who may enter


def test_a_link_is_good_after_a_restart_until_new_ones_are_made(tmp_path, monkeypatch):
    """After a restart every coder had to be sent a new link; and a link that leaked was good for ever."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    people = people_of(["anna"], "eva")
    first, second = (Door(people, secret_of(tmp_path)) for _ in range(2))
    assert first.token(people["anna"]) == second.token(people["anna"])
    (key,) = (tmp_path / "eventbook").iterdir()
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    third = Door(people, secret_of(tmp_path, new=True))
    assert third.opened("anna", first.token(people["anna"])) is None
    assert third.entered("anna", first.cookie(people["anna"])) is None


def test_links_and_cookies_are_each_good_for_one_person_and_one_thing(tmp_path):
    """The link was good as a cookie, or that of one coder opened the draft of the other."""
    people = people_of(["anna", "bert"], "eva")
    door = Door(people, b"x" * 32)
    signs = {door.token(p) for p in people.values()} | {door.cookie(p) for p in people.values()}
    assert len(signs) == 6
    assert door.opened("bert", door.token(people["anna"])) is None
    assert door.entered("anna", door.token(people["anna"])) is None
    # The same name in another role is another person.
    coder = Door(people_of(["eva"], None), b"x" * 32)
    assert coder.token(coder.people["eva"]) != door.token(people["eva"])


@pytest.mark.parametrize(
    ("coders", "adjudicator", "said"),
    [
        (["Anna"], None, "small letters"),
        (["../x"], None, "small letters"),
        (["static"], None, "addresses"),
        (["anna", "anna"], None, "named twice"),
        (["anna"], "anna", "named twice"),
        ([], None, "nobody"),
    ],
)
def test_names_that_cannot_be_used_are_refused(coders, adjudicator, said):
    """A coder called `static` could not be reached; one called `../x` had her draft elsewhere."""
    with pytest.raises(InputError, match=said):
        people_of(coders, adjudicator)


def test_the_address_for_browsers_is_asked_for_where_it_cannot_be_known():
    """On all addresses of a computer the guard did not know which Host to let through."""
    with listening(Address("127.0.0.1", 0)) as listener:
        with pytest.raises(InputError, match="--url"):
            url_of(Address("0.0.0.0", 0), listener)
        with pytest.raises(InputError, match="expected an address"):
            url_of(Address("0.0.0.0", 0, "desk.example"), listener)
        assert (
            url_of(Address("0.0.0.0", 0, "https://desk.example/"), listener)
            == "https://desk.example"
        )
        assert not Address("192.0.2.1").is_loopback
        assert Address("::1").is_loopback


def test_a_port_that_is_taken_is_said(tmp_path):
    """The server ended with a traceback of the event loop."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with (
            pytest.raises(InputError, match=f"port {port}: .*--port"),
            listening(Address("127.0.0.1", port)),
        ):
            pass


# The running server, attacked


@pytest.mark.slow
def test_the_link_is_private_and_exchanged_for_a_cookie(desk):
    """The secret of a link was in the log, in the history of a proxy, or readable by a script."""
    link = desk.links["anna"]
    assert "#" in link
    assert "?" not in link
    reply = desk.request("POST", "/enter", {"person": "anna", "token": link.rpartition(":")[2]})
    cookie = reply.headers["set-cookie"].lower()
    assert {"httponly", "samesite=strict", "path=/anna"} <= {p.strip() for p in cookie.split(";")}
    assert link.rpartition(":")[2] not in cookie
    for wrong in (
        {"person": "anna", "token": "x"},
        {"person": "bert", "token": link.rpartition(":")[2]},
        {"person": "nobody", "token": ""},
    ):
        assert desk.request("POST", "/enter", wrong).status == 403
    assert link.rpartition(":")[2] not in desk.printed.replace(link, "")


@pytest.mark.slow
@pytest.mark.parametrize("path", ["book", "documents", "document/DOC-0001", "revision"])
def test_nobody_reads_without_the_cookie_of_that_person(desk, anna, path):
    """Whoever knew the address read the drafts; one coder read the other's, by a changed address."""
    for cookie in ("", "desk=", "desk=x", "other=1", f"{anna.cookie}x"):
        assert desk.request("GET", f"/anna/api/{path}", headers={"Cookie": cookie}).status == 401
    assert desk.request("GET", f"/bert/api/{path}", headers={"Cookie": anna.cookie}).status == 401
    assert desk.request("GET", f"/eva/api/{path}", headers={"Cookie": anna.cookie}).status == 401


@pytest.mark.slow
def test_an_adjudicator_reads_no_draft(desk):
    """The adjudicator saw what coders had not filed yet."""
    eva = desk.enter("eva")
    for path in ("documents", "document/DOC-0001"):
        assert eva.ask(path).status in (403, 404, 422)
    assert eva.change("events", added=[EVENT]).status == 403


@pytest.mark.slow
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 403),
        ({"Host": "127.0.0.1"}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": None}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 415),
        ({"Content-Encoding": "gzip"}, 415),
    ],
)
def test_what_another_site_makes_a_browser_send_is_refused(desk, anna, headers, status):
    """A page elsewhere could write into the draft, as the browser sends the cookie along."""
    reply = anna.ask("change", {"document": "DOC-0001", "revision": "", "tables": {}}, **headers)
    assert reply.status == status
    if "Origin" in headers or "Sec-Fetch-Site" in headers:
        return
    # What is not from here gets no page either.
    if "Host" in headers:
        page = desk.request("GET", "/anna/", headers=headers | {"Cookie": anna.cookie})
        assert page.status == 403


@pytest.mark.slow
def test_a_request_without_a_host_is_refused(desk, anna):
    """A request that names no host came past the look at it."""
    # The server closes the connection with its answer. Were the body still on its way by then, the
    # connection would be reset, and the answer be lost: all of it is sent at once.
    with socket.create_connection(("127.0.0.1", desk.port), timeout=60) as connection:
        connection.sendall(
            f"POST /anna/api/change HTTP/1.1\r\nOrigin: {desk.url}\r\nCookie: {anna.cookie}\r\n"
            "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}".encode()
        )
        assert connection.recv(64).startswith(b"HTTP/1.1 400 ")


@pytest.mark.slow
@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT"])
def test_other_methods_are_refused(desk, anna, method):
    """A method that nobody thought of did something."""
    reply = desk.request(
        method, "/anna/api/book", headers={"Cookie": anna.cookie, "Origin": desk.url}
    )
    assert reply.status in (400, 403, 405)


@pytest.mark.slow
@pytest.mark.parametrize(
    "path",
    [
        "/static/../app.py",
        "/static/%2e%2e/app.py",
        "/static/..%2fapp.py",
        "/static/%2e%2e%2f%2e%2e%2fpyproject.toml",
        "/static//etc/passwd",
        "/static/..\\app.py",
        "/static/app.py",
        "/anna/api/document/..%2f..%2fpyproject.toml",
        "/anna/api/document/DOC-0001.txt",
        "/anna/../static/app.py",
        "//etc/passwd",
        "/static/%00",
        "/" + "a" * 4000,
    ],
)
def test_no_address_reaches_the_file_system(desk, anna, path):
    """An address with dots read any file of the computer."""
    reply = desk.request("GET", path, headers={"Cookie": anna.cookie})
    assert reply.status in (307, 400, 401, 404, 414, 422)
    assert b"root:" not in reply.body
    assert b"eventbook" not in reply.body


@pytest.mark.slow
@pytest.mark.parametrize(
    "path", ["/enter", "/anna/", "/nobody/", "/static/none", "/anna/api/book", "/x"]
)
def test_every_answer_has_the_headers_that_protect_it(desk, path):
    """A page of mistakes was served without the policy, and ran what was in its address."""
    reply = desk.request("GET", path)
    for name, value in HEADERS.items():
        assert reply.headers[name] == value
    assert "server" not in reply.headers
    assert b"<script>" not in reply.body


@pytest.mark.slow
def test_pages_have_no_script_and_no_style_of_their_own(desk, anna):
    """A page with an inline script needs a policy that lets those of an attacker run, too."""
    for path in ("/enter", "/anna/"):
        page = desk.request("GET", path, headers={"Cookie": anna.cookie}).body.decode().lower()
        assert " style=" not in page
        assert "<style" not in page
        assert " onclick" not in page
        assert page.count("<script") == page.count('<script type="module" src="/static/')


@pytest.mark.slow
@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b"1",
        b"null",
        b"{",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"document": 1}',
        b'{"document": "DOC-0001", "revision": "", "tables": []}',
        b'{"document": "DOC-0001", "revision": "", "tables": {"events": []}}',
        b'{"document": "DOC-0001", "revision": "", "tables": {"events": {"added": [1]}}}',
        b'{"document": "DOC-0001", "revision": "", "tables": {"events": {"added": [{"event_id": {}}]}}}',
        b'{"document": "NOPE", "revision": "", "tables": {}}',
        b'{"document": "DOC-0001", "revision": "", "tables": {"events": {"added": [{"event_id": "\\ud800"}]}}}',
        b'{"document": "DOC-0001", "revision": "", "tables": {"events": {"added": [{"notes": NaN}]}}}',
    ],
)
@pytest.mark.parametrize("path", ["change", "check", "start", "open", "file", "places"])
def test_any_body_is_an_answer_and_never_a_failure(desk, anna, path, raw):
    """A request of another form ended in a traceback, or in a draft that nobody could read."""
    reply = desk.request("POST", f"/anna/api/{path}", raw=raw, headers={"Cookie": anna.cookie})
    assert reply.status in (200, 422), reply.body
    assert set(reply.json) and (reply.status == 200 or reply.json["error"])


@pytest.mark.slow
def test_what_is_too_large_is_refused_before_it_is_read(desk, anna):
    """A request of some gigabytes filled the memory of the server."""
    headers = {"Cookie": anna.cookie, "Content-Length": str(LARGEST + 1)}
    assert desk.request("POST", "/anna/api/change", raw=b"{", headers=headers).status == 413
    sent = {"Cookie": anna.cookie}
    large = desk.request("POST", "/anna/api/change", raw=b" " * 4 * LARGEST, headers=sent)
    assert large.status == 413
    many = {"document": "DOC-0001", "tables": {"events": [{"notes": "x"}] * 20_001}}
    assert anna.ask("check", many).status == 422
    long = {"document": "DOC-0001", "tables": {"events": [{"notes": "x" * 100_001}]}}
    assert anna.ask("check", long).status == 422


@pytest.mark.slow
def test_a_body_without_a_length_is_counted(desk, anna):
    """A request in parts has no length in its head: its parts were read without end."""
    with socket.create_connection(("127.0.0.1", desk.port), timeout=60) as connection:
        head = (
            f"POST /anna/api/change HTTP/1.1\r\nHost: 127.0.0.1:{desk.port}\r\nOrigin: {desk.url}\r\n"
            f"Cookie: {anna.cookie}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        connection.sendall(head.encode())
        part = b"100000\r\n" + b" " * 0x100000 + b"\r\n"
        # Where the server closes the connection meanwhile, that is an answer too.
        with contextlib.suppress(OSError):
            for _ in range(LARGEST // 0x100000 + 2):
                connection.sendall(part)
        with contextlib.suppress(OSError):
            answer = connection.recv(64)
            assert answer == b"" or b" 413 " in answer
    assert anna.ask("revision").status == 200


@pytest.mark.slow
def test_a_document_and_a_name_that_are_hostile_come_as_json(desk, anna):
    """A title with a script in it was part of a page."""
    row = {**EVENT, "event_id": "ISL-2024-0666", "notes": HOSTILE[0]}
    assert anna.change("events", added=[row]).status == 200
    reply = anna.ask("document/DOC-0001")
    assert reply.headers["content-type"] == "application/json"
    assert anna.change("events", removed=[row]).status == 200


@pytest.mark.slow
def test_a_coder_codes_a_document_and_files_it(desk):
    """The parts worked, and the way from the first row to the filing did not."""
    bert = desk.enter("bert")
    opened = bert.document()
    started = bert.ask(
        "start", {"table": "events", "document": "DOC-0001", "values": {}, "fields": {}}
    )
    assert started.status == 422
    assert started.json["fields"] == ["country", "year"]
    started = bert.ask(
        "start",
        {
            "table": "events",
            "document": "DOC-0001",
            "values": {"sub_event_type": "peaceful protest"},
            "fields": {"country": "ISL", "year": "2024"},
        },
    )
    row = started.json["row"]
    assert row == {
        "event_id": "ISL-2024-0001",
        "document_id": "DOC-0001",
        "sub_event_type": "Peaceful protest",
    }
    opened_fields = bert.ask("open", {"table": "events", "row": row}).json
    assert "actor1_id" in opened_fields["needed"]
    assert "target_type" not in opened_fields["needed"]
    checked = bert.ask(
        "check", {"document": "DOC-0001", "tables": {**opened["tables"], "events": [row]}}
    ).json
    lacking = {
        f["column"]
        for f in checked["findings"]
        if f["table"] == "events" and f["kind"] == "lacking"
    }
    assert {"actor1_id", "location_id", "date_start"} <= lacking
    assert checked["complete"]["events"][0]["event_type"] == "Protests"
    assert (
        bert.change("events", added=[row], revision=opened["revision"]).json["elsewhere"] is False
    )
    tried = bert.ask("file", {"documents": ["DOC-0001"], "dry_run": True}).json
    assert tried["can_be_filed"] is False
    assert any("still lacks" in line for line in tried["lines"])


@pytest.mark.slow
def test_killed_at_any_point_what_was_said_to_be_saved_is_there(package, tmp_path):
    """A server that was killed left half a table, or none of what the page had called saved."""
    root = shutil.copytree(package, tmp_path / "demo")
    running = RunningDesk(root, "--coder", "anna")
    try:
        for round_ in range(3):
            anna = running.enter("anna")
            saved = []

            def type_on(anna=anna, saved=saved, round_=round_):
                number = 0
                try:
                    while True:
                        number += 1
                        row = {**EVENT, "event_id": f"ISL-2024-{round_}{number:04}"}
                        if anna.change("events", added=[row]).status == 200:
                            saved.append(row["event_id"])
                except OSError:
                    pass
                except Exception as error:  # an answer that was cut off
                    assert "http" in type(error).__module__

            typing = threading.Thread(target=type_on)
            typing.start()
            while typing.is_alive() and len(saved) < 3:
                time.sleep(0.01)
            time.sleep(0.013 * round_)
            running.kill()
            typing.join()
            assert saved
            with (root / "drafts/anna/events.csv").open(encoding="utf-8", newline="") as file:
                on_disk = {row["event_id"] for row in csv.DictReader(file)}
            assert set(saved) <= on_disk
            running.start(running.port)
            there = {
                row["event_id"] for row in running.enter("anna").document()["tables"]["events"]
            }
            assert set(saved) <= there
    finally:
        running.kill()


@pytest.mark.slow
def test_it_ends_as_one_expects_and_says_where_the_work_is(package, tmp_path):
    """Ctrl+C ended in a traceback of the event loop."""
    root = shutil.copytree(package, tmp_path / "demo")
    running = RunningDesk(root, "--coder", "anna")
    assert running.stop() == 0
    assert "Traceback" not in running.printed
    assert "drafts/" in running.printed


@pytest.mark.slow
def test_a_process_for_checks_that_was_killed_is_replaced(desk, anna):
    """The system killed it for its memory, and from then on no finding was shown to anybody."""
    listed = subprocess.run(
        ["ps", "-ww", "-o", "pid=,args=", "--ppid", str(desk.process.pid)],
        capture_output=True,
        text=True,
    )
    workers = [line.split()[0] for line in listed.stdout.splitlines() if "spawn_main" in line]
    assert workers
    for pid in workers:
        os.kill(int(pid), signal.SIGKILL)
    opened = anna.document()
    reply = anna.ask("check", {"document": "DOC-0001", "tables": opened["tables"]})
    assert reply.status == 200
    assert reply.json["findings"]


@pytest.mark.slow
def test_places_of_the_gazetteer_fill_a_row(anna):
    """The gazetteer was loaded for every question, in the process that saves."""
    values = {"location": "Reykjavik", "iso3": "ISL"}
    drafted = [row["location"] for row in anna.document()["tables"]["locations"]]
    reply = anna.ask("places", {"table": "locations", "values": values})
    assert reply.status == 200
    names = [c["title"] for c in reply.json["candidates"]]
    assert any(name.startswith("Reykjav") for name in [*names, *drafted])
    lacking = anna.ask("places", {"table": "locations", "values": {"location": "Idlib"}})
    assert lacking.status == 422
    assert "--" not in lacking.json["error"]
    wrong = anna.ask("places", {"table": "events", "values": values})
    assert wrong.status == 422


def test_a_page_of_the_guide_belongs_to_each_field():
    """The help of the event's type opened the page on claims, where it is named more often."""
    described = describe_book(load("eventbook"))
    events = next(t for t in described["tables"] if t["name"] == "events")
    pages = {f["name"]: f["guide"] for f in events["fields"]}
    assert pages["sub_event_type"] == "02-event-types"
    assert pages["fatalities_low"] == "04-fatalities"
    assert all(pages[n] for n in pages if n not in ("document_id",))
    documents = next(t for t in described["tables"] if t["isDocuments"])
    fixed = {f["name"] for f in documents["fields"] if f["fixed"]}
    assert fixed == {"document_id", "file", "sha256"}


def test_every_file_of_the_page_is_served():
    """A module that was added was not in the wheel, or not in the list."""
    folder = Path(__file__).parent.parent / "dataset/webdesk/static"
    assert set(assets()) == {
        path.name for path in folder.iterdir() if not path.name.startswith(".")
    }
