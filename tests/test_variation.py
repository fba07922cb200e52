"""A varied codebook: the same book with other names, another order, or exchanged definitions."""

import json
import re
import shutil
from pathlib import Path

import pytest
from conftest import OWN_BOOKS, examples
from hypothesis import given, settings
from hypothesis import strategies as st

from eventbook.codebook import BookError, folder_of, load
from eventbook.dataset.cli.main import main
from eventbook.dataset.variation.chosen_lists import chosen_lists
from eventbook.dataset.variation.literals import Holds, renamed_literals
from eventbook.dataset.variation.prose import Prose
from eventbook.dataset.variation.vary import write_varied_book
from eventbook.validation.checks.book_check import check_book
from eventbook.validation.checks.trial import trial_faults
from eventbook.validation.coding.variation import VariationKind, read_variation
from eventbook.validation.errors import InputError

NAMES, ORDER, DEFINITIONS, SWAP = VariationKind
BOOKS = {
    "eventbook": (folder_of("eventbook"), ()),
    "strikes": (OWN_BOOKS / "strikes/codebook/books/strikes", ()),
    "acled": (folder_of("acled"), ("sub_event_type", "event_type")),
}
SEEDS = st.integers(0, 2**31)


def written(tmp_path, book, kind, seed, lists=None):
    folder, usual = BOOKS[book]
    out = tmp_path / f"{book}-{kind}-{seed}"
    shutil.rmtree(out, ignore_errors=True)
    return write_varied_book(folder, kind, seed, usual if lists is None else lists, out)


def files(folder):
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*.*")}


@pytest.mark.parametrize("kind", VariationKind)
@pytest.mark.parametrize(
    "book", [pytest.param(b, marks=pytest.mark.slow) if b == "eventbook" else b for b in BOOKS]
)
def test_a_varied_book_is_a_book(tmp_path, book, kind):
    """A varied book that does not load, or whose rules break their own examples, measures itself."""
    made = written(tmp_path, book, kind, 7)
    report, loaded = check_book(made.folder)
    assert [(f.rule, f.message) for f in report] == []
    assert loaded is not None and loaded.name == made.variation.varied_name != book
    original = load(BOOKS[book][0])
    assert loaded.version == original.version
    assert {n: len(c.codes) for n, c in loaded.code_lists.items()} == {
        n: len(c.codes) for n, c in original.code_lists.items()
    }
    for name, codes in made.variation.lists.items():
        assert set(codes) == set(loaded.code_lists[name].values)
        assert set(codes.values()) == set(map(str, original.code_lists[name].values))


@pytest.mark.slow
@pytest.mark.hypothesis
@settings(max_examples=examples(0.1))
@given(
    book=st.sampled_from(sorted(BOOKS)),
    kind=st.sampled_from(list(VariationKind)),
    seed=SEEDS,
    data=st.data(),
)
def test_any_seed_and_any_lists(tmp_path_factory, book, kind, seed, data):
    """One draw in a hundred that breaks a book would be found by a coder, after the coding."""
    tmp_path = tmp_path_factory.getbasetemp() / "drawn"
    usable = chosen_lists(load(BOOKS[book][0]), kind, BOOKS[book][1]).names
    lists = data.draw(st.lists(st.sampled_from(usable), min_size=1, unique=True))
    made = written(tmp_path, book, kind, seed, lists)
    varied, original = load(made.folder), load(BOOKS[book][0])
    assert list(trial_faults(varied)) == []
    variation = read_variation(made.folder)
    assert variation == made.variation
    for name, codes in variation.lists.items():
        back = variation.names[name]
        assert {codes[back[code]] for code in back} == set(back)
        assert {back[codes[code]] for code in codes} == set(codes)
        by_code = {str(code.code): code for code in varied.code_lists[name].codes}
        for code in original.code_lists[name].codes:
            carrier = by_code[back[str(code.code)]]
            # The place, the definition and what rules look up belong to the definition.
            if kind is not ORDER:
                place = original.code_lists[name].codes.index(code)
                assert varied.code_lists[name].codes[place] is carrier
            if kind is ORDER or not code.exclude:
                assert len(carrier.definition) > 0
            if "side2" in code.attributes:
                assert carrier.attributes["side2"] == code.attributes["side2"]
    assert files(written(tmp_path / "again", book, kind, seed, lists).folder) == files(made.folder)


def test_another_seed_gives_another_book(tmp_path):
    """A seed that is not used makes every repetition the same one."""
    one, two = (written(tmp_path, "eventbook", NAMES, seed).variation for seed in (1, 2))
    assert one.lists != two.lists and one.varied_name != two.varied_name


def test_the_same_draw_for_ever(tmp_path):
    """A draw that hangs on a library's version cannot be repeated from the seed that was printed."""
    made = written(tmp_path, "strikes", DEFINITIONS, 7)
    assert made.variation.lists["outcome"] == {
        "compromise": "won",
        "lost": "compromise",
        "open": "lost",
        "won": "open",
    }
    assert made.variation.varied_name == "strikes-d524d1"


def test_default_lists(tmp_path):
    """A country list or ids under neutral names would measure memory for numbers, not reading."""
    book = load()
    by_order = chosen_lists(book, ORDER)
    assert by_order.names == (
        "sub_event_type",
        "record_kind",
        "fatalities_status",
        "claim_act",
        "speech",
        "resolution_basis",
        "target_type",
    )
    assert by_order.notes == tuple(
        f"the list {name} is left as it is: its order is the scale of an ordinal variable"
        for name in ("where_prec", "vague_quantity")
    )
    # disorder_type has a code in common with event_type, which has those that sub_event_type gives.
    assert {*chosen_lists(book, NAMES).names} == {*by_order.names} - {"resolution_basis"} | {
        "event_type",
        "disorder_type",
        "vague_quantity",
    }
    assert {*chosen_lists(book, DEFINITIONS).names} == {*by_order.names} - {"resolution_basis"} | {
        "vague_quantity"
    }
    assert chosen_lists(book, DEFINITIONS).notes[0] == (
        "the list resolution_basis is left as it is: rows that coders share have its codes"
    )


def test_lists_that_prose_cannot_tell_apart(tmp_path):
    """`open` of two lists, of which the guide names one, would get the definition of the other."""
    folder = tmp_path / "strikes"
    shutil.copytree(BOOKS["strikes"][0], folder)
    cover = folder / "codes/cover.csv"
    cover.write_text(cover.read_text().replace("none,", "open,"))
    book = load(folder)
    chosen = chosen_lists(book, DEFINITIONS)
    assert chosen.names == ("demand", "action")
    assert chosen.notes[0] == (
        "the list outcome is left as it is: the list cover has codes of it (open), and prose does "
        "not say whose"
    )
    # One neutral name is that of both.
    made = write_varied_book(folder, NAMES, 1, ["cover"], tmp_path / "out")
    assert {*made.variation.lists} == {"outcome", "cover"}
    assert len({made.variation.names[name]["open"] for name in ("outcome", "cover")}) == 1
    made = write_varied_book(folder, SWAP, 1, ["cover"], tmp_path / "left")
    assert made.notes == ("in prose these codes stay, which several lists have: open",)


@pytest.mark.parametrize(
    ("kind", "name", "message"),
    [
        (NAMES, "sub_event", "no such list; did you mean sub_event_type?"),
        (NAMES, "inter", "its codes are numbers, with which expressions count"),
        (SWAP, "evidence_basis", "eventbook itself acts on its codes, the bases of quotes"),
        (SWAP, "resolution_basis", "rows that coders share have its codes"),
        (ORDER, "where_prec", "its order is the scale of an ordinal variable"),
        (ORDER, "variables of events", "its codes are the variables of tables"),
    ],
)
def test_a_list_that_cannot_be_varied(kind, name, message):
    """A list that is silently left out is reported as followed by everybody."""
    with pytest.raises(InputError, match=re.escape(message)):
        chosen_lists(load(), kind, [name])


def test_no_label_is_left_in_the_guide(tmp_path):
    """One name that stays in the guide tells a coder what the neutral one means."""
    made = written(tmp_path, "eventbook", NAMES, 7)
    guide = "\n".join(page.text for page in load(made.folder).guide)
    left = set()
    for name in made.variation.lists:
        for code in load().code_lists[name].codes:
            for text in (str(code.code), code.label):
                if text[0].isupper() or "_" in text:
                    found = re.findall(rf"(?<![\w/-]){re.escape(text)}(?![\w/-])", guide)
                    left |= {text} if found else set()
                assert f"`{text}`" not in guide
    # Ordinary words, at the start of a sentence: "Dozens died.", "## Other numbers".
    assert left == {"Dozens", "Other"}
    assert re.findall(r".*(?<![\w/])(?:Dozens|Other)\b.*", guide) == [
        "| Dozens died. Police said 31. (the number fits the word) | `"
        f"{made.variation.names['fatalities_status']['counted']}` | 31 | 31 | 31 |",
        "| Dozens died. Police said nine. (a claim only) | `"
        f"{made.variation.names['fatalities_status']['vague']}` | 24 | | |",
        "## Other numbers",
    ]


def test_neutral_names_everywhere(tmp_path):
    """A default, an example or an attribute with the old code makes every row of a coder wrong."""
    made = written(tmp_path, "eventbook", NAMES, 7)
    book, new = load(made.folder), made.variation.names
    events = book.tables["events"]
    assert events["record_kind"].default.sql == f"'{new['record_kind']['incident']}'"
    assert events["sub_event_type"].example == new["sub_event_type"]["Armed clash"]
    clash = book.code_lists["sub_event_type"].codes[2]
    assert clash.code == clash.label == new["sub_event_type"]["Armed clash"]
    assert clash.attributes["event_type"] == new["event_type"]["Battles"]
    assert clash.attributes["disorder_type"] == new["disorder_type"]["Political violence"]
    assert clash.attributes["side2"] == "required"
    rules = {rule.id: rule for rule in book.rules}
    diplomacy = new["event_type"]["Diplomacy"]
    assert rules["said-in-speech"].violates == f"{{said_in.event_type}} <> '{diplomacy}'"
    assert rules["said-in-speech"].says == (
        f"The event in which a claim was made is one of {diplomacy}."
    )
    # Not varied, and so not touched, though spelled as a code of other lists.
    assert "'stated'" in events["location_basis"].default.sql


def test_definitions_go_round(tmp_path):
    """A code that keeps its definition cannot show whether the definition was read."""
    made = written(tmp_path, "eventbook", DEFINITIONS, 7)
    book, original = load(made.folder), load()
    for name, codes in made.variation.lists.items():
        assert all(varied != old for varied, old in codes.items())
        labels = {str(c.code): c.label for c in original.code_lists[name].codes}
        definitions = {str(c.code): c for c in original.code_lists[name].codes}
        for code in book.code_lists[name].codes:
            assert code.label == labels[str(code.code)]
            if name == "target_type":
                assert code.definition == definitions[codes[str(code.code)]].definition


def test_swapped_pairs(tmp_path):
    """A swap that is no swap maps an answer to a third code."""
    made = written(tmp_path, "eventbook", SWAP, 7)
    for name, codes in made.variation.lists.items():
        assert all(codes[codes[code]] == code for code in codes)
        assert sum(code == other for code, other in codes.items()) == len(codes) % 2, name


def test_another_order_keeps_the_rank(tmp_path):
    """The guide says that the higher type swallows the lower; shuffled, nobody knows which is."""
    made = written(tmp_path, "eventbook", ORDER, 7)
    book, original = load(made.folder), load()
    for name, codes in made.variation.lists.items():
        values = book.code_lists[name].values
        assert values != original.code_lists[name].values
        assert {*values} == {*original.code_lists[name].values} == {*codes.values()}
    types = book.code_lists["sub_event_type"]
    by_rank = sorted(types.codes, key=lambda code: code.attributes["rank"])
    assert tuple(c.code for c in by_rank) == original.code_lists["sub_event_type"].values
    assert types.description.endswith(
        "the rank at the end of its definition, of which 1 is the first."
    )
    assert by_rank[2].definition.endswith("for longer than a day. Rank 3.")
    assert "rank" not in book.code_lists["speech"].attributes
    assert [p.text for p in book.guide] == [p.text for p in original.guide]


def test_literals_are_codes_of_the_column_beside_them():
    """`stated` of one list and `stated` of another are two codes in one expression."""
    book = load()
    new = {Holds("record_kind"): {"incident": "x", "restatement": "it's"}}
    sql = (
        "record_kind IN ('incident', 'other') AND notes = 'incident' OR "
        "COALESCE({part_of.record_kind}, 'incident') <> CASE WHEN notes IS NULL THEN 'restatement' END"
    )
    assert renamed_literals(book, book.tables["events"], sql, new) == (
        "record_kind IN ('x', 'other') AND notes = 'incident' OR "
        "COALESCE({part_of.record_kind}, 'x') <> CASE WHEN notes IS NULL THEN 'it''s' END"
    )


@pytest.mark.parametrize(
    ("text", "new"),
    [
        ("It is Attack.", "It is X."),
        (
            "Attack is the best defence; an attack is not.",
            "Attack is the best defence; an attack is not.",
        ),
        ("| Attack | attack |", "| X | attack |"),
        ("- Attack: two dead", "- X: two dead"),
        ("as `Attack` or *Attack*", "as `X` or *Attack*"),
        ("Armed clash it is, no Armed clashes", "Y it is, no Armed clashes"),
        ("the rule; `rule`; **rule**", "the rule; `Z`; **Z**"),
        ("No number: rule or Attack.", "No number: Z or X."),
        ("No number: rule of thumb.", "No number: rule of thumb."),
        ("Diplomacy is not the same.", "W is not the same."),
        ("| rule | Attack |\n|---|---|\n| rule | b |", "| rule | X |\n|---|---|\n| Z | b |"),
        ("```csv\na,rule,rule of thumb\n```\nrule", "```csv\na,Z,rule of thumb\n```\nrule"),
        ("Attack/defence and no-Attack", "Attack/defence and no-Attack"),
    ],
)
def test_names_in_prose(text, new):
    """A sentence whose ordinary words were replaced says something else, or nothing."""
    names = {"Attack": "X", "Armed clash": "Y", "rule": "Z", "Diplomacy": "W"}
    assert Prose(names, frozenset({"Attack"}), ()).replaced(text) == new


def test_a_book_that_uses_its_codes_otherwise(tmp_path):
    """A rule that takes codes apart cannot follow, and would judge every row wrongly."""
    folder = tmp_path / "strikes"
    shutil.copytree(BOOKS["strikes"][0], folder)
    rules = folder / "rules.yaml"
    text = rules.read_text()
    rules.write_text(text.replace("outcome = 'open' AND", "outcome LIKE 'op%' AND"))
    with pytest.raises(InputError, match="cannot be varied together: outcome; leave out the one"):
        write_varied_book(folder, NAMES, 1, ["outcome"], tmp_path / "out")
    assert not (tmp_path / "out").exists()
    write_varied_book(folder, NAMES, 1, ["demand"], tmp_path / "out")


def test_a_folder_is_never_overwritten(tmp_path):
    """A varied book that was coded with must not change under its codings."""
    written(tmp_path, "strikes", NAMES, 1)
    with pytest.raises(InputError, match="already exists"):
        write_varied_book(BOOKS["strikes"][0], NAMES, 1, (), tmp_path / "strikes-names-1")


def test_by_the_command(tmp_path, capsys, monkeypatch):
    """What a person sees must say what was varied, what was not, and what to do next."""
    monkeypatch.chdir(tmp_path)
    folder = str(BOOKS["strikes"][0])
    monkeypatch.setattr(
        "sys.argv",
        [
            "eventbook",
            "codebook",
            "--vary",
            "swap",
            "--book",
            folder,
            "--list",
            "cover",
            "--out",
            "v",
        ],
    )
    with pytest.raises(SystemExit) as stop:
        main()
    assert stop.value.code in (0, None)
    assert capsys.readouterr().out.splitlines()[0] == "varied by swap: cover, 2 codes"
    record = json.loads(Path("v/variation.json").read_text())
    assert record["lists"] == {"cover": {"none": "kept", "kept": "none"}}
    assert record["book"]["name"] == "strikes"


def test_a_record_that_cannot_be_read(tmp_path):
    """A record with a slip maps answers to the wrong codes, or ends in a traceback."""
    made = written(tmp_path, "strikes", SWAP, 1)
    file = made.folder / "variation.json"
    record = json.loads(file.read_text())
    record["lists"]["cover"] = {"none": "kept", "kept": "kept"}
    file.write_text(json.dumps(record))
    with pytest.raises(InputError, match="in the list cover two codes are mapped to one"):
        read_variation(made.folder)
    del record["seed"]
    file.write_text(json.dumps(record))
    with pytest.raises(InputError, match="the key 'seed' is missing"):
        read_variation(file)
    with pytest.raises(InputError, match="no such file; make a varied book"):
        read_variation(tmp_path)


def test_a_book_with_mistakes(tmp_path):
    """Varying a book that does not load must name its mistakes, not fail in the middle."""
    folder = tmp_path / "broken"
    shutil.copytree(BOOKS["strikes"][0], folder)
    (folder / "codes/cover.csv").write_text("code\n")
    with pytest.raises(BookError, match="the column label is missing"):
        write_varied_book(folder, NAMES, 1, (), tmp_path / "out")
