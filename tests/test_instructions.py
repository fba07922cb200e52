"""Instructions for coders who read and write text only: whole, short, blind, and of the book."""

from __future__ import annotations

import contextlib
import csv
import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import OWN_BOOKS, ROOT, UNMEASURED, copied, invoke, run
from jsonschema import Draft202012Validator
from test_json_schema import filled

from eventbook.codebook import BookError, load
from eventbook.codebook.coding_form import coding_parts
from eventbook.codebook.loader import forget
from eventbook.codebook.model import PARTS_OF_INSTRUCTIONS
from eventbook.dataset.instructions import (
    Given,
    coding_requests,
    example_coding,
    given_by,
    instructions,
    instructions_on,
)
from eventbook.validation.errors import InputError
from eventbook.validation.package.package import Package
from eventbook.validation.schemas.json_schema import json_schema

STRIKES = OWN_BOOKS / "strikes"
SHORTEST = re.compile(r"the shortest instructions have ([0-9,]+)")


@pytest.fixture(scope="module")
def given():
    return given_by(Package.find(ROOT))


@pytest.fixture(scope="module")
def whole(given):
    return instructions(load(), given, "DOC-0001").text


def shortest(book, given=None):
    """The number of characters that the shortest instructions have, as the error says it."""
    with pytest.raises(InputError) as error:
        instructions(book, given or Given(), length=1)
    return int(SHORTEST.search(str(error.value)).group(1).replace(",", ""))


@pytest.mark.parametrize("folder", ["eventbook", STRIKES / "codebook/books/strikes"])
def test_all_that_is_typed_is_defined(folder):
    """A variable, a code or a rule that is missing cannot be followed, and nobody sees that it is."""
    book = load(folder)
    text = instructions(book).text
    for part in coding_parts(book).values():
        assert part.table.description in text
        for field in part.fields.values():
            assert f"- `{field.name}` (" in text
            assert field.variable.description in text
            assert field.variable.missing in text
            codes = field.codes
            for code in codes.codes if codes and not codes.of_variables else ():
                assert f"- `{code.code}`" in text and code.label in text
                if len(codes.codes) <= 100:
                    assert all(words in text for words in (code.definition, code.include))
        for rule in book.rules_on(part.name):
            assert rule.says in text and rule.why in text


def test_a_variable_is_told_with_all_that_decides_it(whole):
    """Missing, default and quotes are what coders ask most; a program cannot ask."""
    lines = whole.splitlines()
    assert (
        "- `acts` (whole number (acts); takes quotes): How many acts the document says a total is "
        "of. Empty means: the row is one act, or the document does not count the acts. At least 2. "
        "Example: 60."
    ) in lines
    assert (
        "- `record_kind` (code of `record_kind`; takes quotes): Whether the row is one event, a "
        "total over a period or an area, or a repetition of what is coded. By default `incident`. "
        "Example: incident."
    ) in lines
    assert (
        "- Where all four parts are known they sum to the best number. A total that its parts do "
        "not give is wrong in one of five cells. Wrong: `fatalities_side1` 1, `fatalities_side2` 2, "
        "`fatalities_civilians` 3, `fatalities_unknown` 0, `fatalities_best` 7. Right: "
        "`fatalities_side1` 1, `fatalities_side2` 2, `fatalities_civilians` 3, `fatalities_unknown` "
        "0, `fatalities_best` 6."
    ) in lines
    assert "Never typed, because they follow: `actor1`, `actor2`, `location`, `country`" in whole


def test_no_expression_is_shown(whole):
    """A rule in SQL, or a form as a regular expression, is for engines; it tells a reader nothing."""
    book = load()
    for table in book.tables.values():
        for variable in table.variables:
            assert (
                not variable.pattern
                or variable.pattern == "actor|associate|member"
                or (variable.pattern not in whole)
            )
    shown = [rule.id for rule in book.rules if rule.violates and rule.violates in whole]
    assert shown == []
    assert "CASE WHEN" not in whole and "COALESCE" not in whole


def test_pages_about_tools_are_for_people():
    """Who has no browser and no commands is confused by a page about them, or plays it."""
    book = load()
    text = instructions(book).text
    assert book.tool_pages == ("10-desk",)
    for page in book.guide:
        assert (f"### {page.title}\n" in text) == (page.name not in book.tool_pages)
    assert "eventbook workbook" not in text and "Ctrl+C" not in text


def test_a_coder_gets_no_coding_of_the_document(given):
    """Instructions with the answer in them measure copying."""
    without = ["Worked examples", "examples of variables", "examples of rules"]
    text = instructions(load(), given, "DOC-0001", without=without).text
    with (ROOT / "seeds/tables/claims.csv").open(encoding="utf-8", newline="") as stream:
        statements = [row["statement"] for row in csv.DictReader(stream)]
    example = load().tables["claims"]["statement"].example
    assert len(statements) == 19
    assert [s for s in statements if s in text and s != example] == []
    assert "SYR-2019-0002" not in text.partition("## Known")[2]


def test_the_document_and_the_known_names_are_at_the_end(given, whole):
    """A paragraph with another number than the check gives it makes each quote in it wrong."""
    document = whole.partition("## The document\n")[2]
    numbered = dict(re.findall(r"^\[(\d+)\] (.+)$", document, re.M))
    with (ROOT / "seeds/tables/quotes.csv").open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            assert row["quote"] in numbered[row["paragraph"]]
    assert "First day: 2019-05-14\nLast day: 2019-05-19\nBest day: 2019-05-15\n" in document
    assert "- Military Forces of Syria (`syria-army`); also: The Syrian army; the army\n" in whole
    assert "## Known: actors" not in instructions(load()).text


def test_the_worked_example_has_the_form_that_is_asked_for(whole):
    """An example that breaks the form teaches the fault."""
    shown = json.loads(re.search(r"```json\n(.+?)\n```", whole, re.S).group(1))
    schema = json_schema(load(), "DOC-0001")
    coding = {**filled(schema, shown), "quotes": []}
    assert list(Draft202012Validator(schema).iter_errors(coding)) == []
    assert shown["events"][0]["event_id"] == shown["claims"][0]["event_id"]["value"] == "e1"
    assert shown["events"][0]["date_start"] == {"value": "2019-05-13", "quotes": ["On Monday"]}
    assert shown["events"][0]["actor1_id"]["value"] == shown["actors"][0]["actor"]
    claims = example_coding(load(), parts=[coding_parts(load())["claims"]])
    assert list(claims) == ["codebook", "document", "claims"]


def test_what_is_needed_least_is_left_out_first(given):
    """A text that is cut at its end lacks the form of the answer, and nobody is told."""
    book = load()
    least = shortest(book, given)
    full = instructions(book, given)
    order = (*book.less_needed, *(p for p in PARTS_OF_INSTRUCTIONS if p not in book.less_needed))
    assert full.left_out == ()
    before = len(full.text) + 1
    for length in (len(full.text), 110_000, 80_000, 60_000, least):
        made = instructions(book, given, length=length)
        assert len(made.text) <= length
        assert len(made.text) < before
        assert made.left_out == order[: len(made.left_out)]
        assert "## The answer" in made.text and "`fatalities_low`" in made.text
        if made.left_out:
            said = f"Left out of these instructions: {'; '.join(made.left_out)}.\n"
            assert said in made.text
        before = len(made.text)
    assert least < 40_000
    with pytest.raises(InputError, match=f"{least - 1:,} characters are too few"):
        instructions(book, given, length=least - 1)


def test_parts_are_left_out_by_name():
    """The examples of a guide can be the answers of the very document that is coded."""
    text = instructions(load(), without=["Worked examples", "02-event-types/Procedure"]).text
    assert "#### Worked examples" not in text
    assert text.count("#### Procedure") == 8
    with pytest.raises(InputError, match="did you mean 'Worked examples'"):
        instructions(load(), without=["Worked example"])


def test_tables_are_coded_one_at_a_time():
    """Instructions on one table must not ask for the rows of another."""
    text = instructions(load(), tables=["claims"]).text
    assert "### claims: Claims" in text and "### events: Events" not in text
    assert "### Rules on claims" in text and "### Rules on events" not in text
    assert "### fatalities_status" not in text
    with pytest.raises(InputError, match="claim: no table that coders fill"):
        instructions(load(), tables=["claim"])


@pytest.mark.parametrize(
    ("term", "words"),
    [
        ("fatalities_low", "Example: 121."),
        ("sub_event_type", "- `Consultation` "),
        ("claim_act", "- `calls_for`, Calls for"),
        ("claims", "- `statement` (text; needed)"),
        ("basis", "- `inferred`, Inferred"),
        ("fatalities-order", "Wrong: `fatalities_low` 9, `fatalities_best` 8."),
        ("08-claims", "# Claims and denials"),
    ],
)
def test_one_thing_alone(term, words):
    """A question about one variable should not cost the whole codebook."""
    text = instructions_on(load(), term)
    assert words in text and len(text) < 16_000
    assert "## The answer" not in text


def test_an_unknown_thing_is_no_empty_text():
    """An empty text under the name of a variable looks as if there was nothing to know."""
    with pytest.raises(InputError, match=r"fatalitys_low: .+; did you mean fatalities_low\?"):
        instructions_on(load(), "fatalitys_low")
    with pytest.raises(InputError, match="10-desk: the instructions have nothing of this name"):
        instructions_on(load(), "10-desk")


def test_a_book_without_a_guide_names_no_page(tmp_path):
    """A reader who is sent to a page that is not there looks for it."""
    package = copied(tmp_path / "package", own_book=True)
    folder = package.root / "codebook/books/eventbook"
    for path in (folder / "guide").glob("*.md"):
        path.unlink()
    text = (folder / "book.yaml").read_text(encoding="utf-8")
    text = re.sub(r"(?m)^ +guide: .+\n", "", text)
    text = re.sub(r"(?ms)^toolPages: .+?^codes:", "codes:", text)
    (folder / "book.yaml").write_text(text, encoding="utf-8")
    forget()
    made = instructions(load(folder)).text
    assert "## The guide" not in made
    assert not re.search(r"\b(0[1-9]|10)-[a-z]+", made)
    assert "## The answer" in made


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[10-desk]", "[10-desks]", "toolPages: the guide has no page 10-desks; did you mean"),
        ("- 09-evidence", "- 09-evidenc", "nor the instructions have '09-evidenc'; did you mean"),
        ("- Worked examples", "- Worked example", "did you mean Worked examples"),
    ],
)
def test_a_part_that_is_not_there_is_a_mistake_of_the_book(tmp_path, old, new, message):
    """A section that was renamed would silently stay in, where it was to be left out."""
    package = copied(tmp_path / "package", own_book=True)
    path = package.root / "codebook/books/eventbook/book.yaml"
    text = path.read_text(encoding="utf-8")
    assert text.count(f"{old}\n") == 1
    path.write_text(text.replace(f"{old}\n", f"{new}\n"), encoding="utf-8")
    forget()
    with pytest.raises(BookError, match=message):
        load(path.parent)


@pytest.mark.slow
def test_the_same_book_gives_the_same_bytes(tmp_path):
    """The hash of the instructions is filed with a coding; another one would be another coder's."""
    texts = set()
    for seed in ("1", "2"):
        out = tmp_path / f"{seed}.jsonl"
        words = ("codebook", "--format", "requests", "--length", "90000", "--out", str(out))
        done = run(*words, cwd=ROOT, env={**UNMEASURED, "PYTHONHASHSEED": seed})
        assert done.returncode == 0, done.stderr
        texts.add(out.read_bytes())
    assert len(texts) == 1


def test_a_request_has_all_that_is_sent(given, whole):
    """Instructions and schema that were made apart from each other may be of two books."""
    (request,) = coding_requests(load(), given)
    assert list(request) == ["custom_id", "instructions", "input", "schema"]
    assert request["custom_id"] == "DOC-0001"
    assert request["schema"] == json_schema(load(), "DOC-0001")
    assert request["instructions"] == instructions(load(), given).text
    assert request["input"] in whole
    done = invoke("codebook", "--format", "requests", cwd=ROOT)
    assert [json.loads(line) for line in done.stdout.splitlines()] == [request]


def test_the_package_gives_its_names_to_another_book_of_its_tables(tmp_path):
    """A varied codebook is followed on the same documents; one of other tables has nothing of them."""
    package = Package.find(ROOT)
    assert given_by(package, load()).documents.keys() == {"DOC-0001"}
    assert given_by(package, load("acled")) == Given()
    strikes = given_by(Package.find(STRIKES))
    assert [row.name for row in strikes.rows["employers"]][:1] == ["Brandt Bread"]
    assert list(strikes.documents) == ["SRC-01", "SRC-02"]


REFUSED = {
    ("--length", "500"): "--length is for --format instructions or --format requests",
    ("--format", "json-schema", "--length", "5"): "not for --format json-schema",
    ("--format", "requests", "acts"): "TERM is for --format human or --format instructions",
    (
        "--format",
        "instructions",
        "acts",
        "--length",
        "5",
    ): "TERM is shown alone: leave out --length",
    ("--format", "instructions", "--document", "DOC-0001", "--document", "DOC-2"): (
        "--format instructions is about one document; --format requests takes several"
    ),
    ("--format", "requests", "--document", "DOC-2"): "there are: DOC-0001",
    ("--format", "requests", "--book", "ucdp-ged"): "has nothing that is coded from documents",
    ("--format", "instructions", "--length", "500"): "the shortest instructions have",
    ("--format", "instructions", "--out", "/dev/null/x"): "eventbook: ",
}


@pytest.mark.parametrize("words", REFUSED)
def test_what_a_form_does_not_take_is_refused(words):
    """An option that is ignored in silence is believed to have worked."""
    done = invoke("codebook", *words, cwd=ROOT)
    assert done.returncode == 2 and done.stdout == ""
    assert REFUSED[words] in done.stderr and done.stderr.count("\n") == 1


def test_the_command_says_what_was_left_out(tmp_path):
    """Who sends a short text must know what is not in it."""
    out = tmp_path / "instructions.md"
    words = ("--format", "instructions", "--length", "125000", "--out", str(out))
    done = invoke("codebook", *words, cwd=ROOT)
    text = out.read_text(encoding="utf-8")
    assert len(text) <= 125_000
    left_out = re.search(r"Left out of these instructions: (.+)\.\n", text).group(1)
    assert done.stdout == f"{out}: {len(text):,} characters; left out: {left_out}\n"
    done = invoke("codebook", "--format", "instructions", "acts", cwd=ROOT)
    assert done.stdout.startswith("# acts of events: Number of acts\n")


BLOCK = re.compile(r"^```(\w+)\n((?:.*\n)*?)```$", re.M)


def follow_definitions(coding, folder):
    """Give each code of a coding the name that its definition has in a varied book."""
    book = load(folder)
    lists = json.loads((folder / "variation.json").read_text(encoding="utf-8"))["lists"]
    names = {name: {old: new for new, old in codes.items()} for name, codes in lists.items()}
    for part in coding_parts(book).values():
        for row in coding.get(part.name, ()):
            for field in part.fields.values():
                value = row.get(field.name)
                codes = names.get(field.codes.name, {}) if field.codes else {}
                if codes and isinstance(value, dict):
                    value["value"] = codes[value["value"]]
                elif codes and value is not None:
                    row[field.name] = codes[value]


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """The page done from the first to the last block, in a copy of this package."""
    here = copied(tmp_path_factory.mktemp("machines") / "package", traced=True).root
    by_hand = tmp_path_factory.mktemp("by-hand")
    done = invoke("export", "coder-a", "--out", str(by_hand), cwd=here)
    assert done.returncode == 0, done.stderr
    asked = []

    def call(instructions, input, schema):
        asked.append((instructions, input, schema))
        (document,) = schema["properties"]["document"]["enum"]
        coding = json.loads((by_hand / f"{document}.json").read_text(encoding="utf-8"))
        (coding["codebook"],) = schema["properties"]["codebook"]["enum"]
        if not coding["codebook"].startswith("eventbook 2."):
            follow_definitions(coding, here / "varied")
        return json.dumps(coding)

    names = {"call": call}
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    printed = {}
    for kind, text in BLOCK.findall((ROOT / "dataset/machines.md").read_text(encoding="utf-8")):
        if kind == "python":
            with contextlib.chdir(here):
                exec(text, names)
            continue
        commands = re.findall(r"^\$ (.+)\n((?:[^$].*\n)*)", text, re.M)
        for command, shown in commands or [(text, None)]:
            ran = subprocess.run(
                ["bash", "-euo", "pipefail", "-c", command],
                cwd=here,
                env={**UNMEASURED, "PATH": path},
                capture_output=True,
                text=True,
            )
            assert ran.returncode == 0, f"{command}\n{ran.stdout}\n{ran.stderr}"
            assert shown is None or ran.stdout == shown
            printed[" ".join(command.split()[:5])] = ran.stdout
    return here, asked, names, printed


@pytest.mark.slow
def test_the_page_leads_from_instructions_to_agreement(page):
    """A page of commands that were never run stops whoever follows it, at the first that changed."""
    here, asked, names, printed = page
    (told, document, schema), again, (varied, _, _) = asked
    assert again == (told, document, schema)
    assert told == (here / "instructions.md").read_text(encoding="utf-8"), "another hash"
    assert varied == (here / "varied-instructions.md").read_text(encoding="utf-8") != told
    assert "[15] The Syrian army denies" in document
    assert schema == json_schema(load(), "DOC-0001")
    (line,) = (here / "batch.jsonl").read_text(encoding="utf-8").splitlines()
    body = json.loads(line)["body"]
    assert body["response_format"]["json_schema"]["schema"] == schema
    assert [message["content"] for message in body["messages"]] == [told, document]
    assert names["schema"] == json_schema(load())
    assert list(names["answers"]) == ["DOC-0001"]
    filed = printed["eventbook import answers --coder reader"]
    assert "filed: seeds/codings/reader: DOC-0001: 7 events, 19 claims, 78 quotes" in filed
    record = (here / "seeds/codings/reader/coding.yaml").read_text(encoding="utf-8")
    assert hashlib.sha256(told.encode()).hexdigest() in record
    agreed = printed["eventbook agree coder-a coder-b reader"]
    assert "people: coder-a, coder-b; machines: reader" in agreed


@pytest.mark.slow
def test_who_follows_the_definitions_codes_as_before(page):
    """A test of a codebook that changes its definitions and nothing else must come out as 1."""
    here, _, _, printed = page
    assert (
        "faults, as delivered: none"
        in printed["eventbook import varied-answers --variation varied"]
    )
    both = [
        (here / f"seeds/codings/{coder}/events.csv").read_text(encoding="utf-8")
        for coder in ("reader", "reader-varied")
    ]
    assert both[0] == both[1]
