"""Files that are damaged, endless, enormous or of another kind, and what reading them must say."""

from __future__ import annotations

import gzip
import io
import os
import shutil
import socket
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from .harness import Fault

ROOT = Path(__file__).resolve().parent.parent.parent
EVENTS = ROOT / "dataset" / "events.csv"
STREAMED = ["--out", "typed.parquet"]


def events() -> pl.DataFrame:
    """The published events, every cell text."""
    return pl.read_csv(EVENTS, infer_schema=False)


def check(name: str, data: bytes | Callable[[], bytes], *words: str):
    """A file of these bytes, checked."""

    def make(folder: Path) -> list[str]:
        (folder / name).write_bytes(data() if callable(data) else data)
        return ["check", name, *words]

    return make


def checked(maker, *words: str):
    """A file that a function makes, checked; the function returns its name."""

    def make(folder: Path) -> list[str]:
        return ["check", maker(folder), *words]

    return make


def damaged_gzip() -> bytes:
    """A gzip file whose compressed data break in the middle."""
    data = bytearray(gzip.compress(EVENTS.read_bytes() * 20))
    middle = len(data) // 2
    data[middle : middle + 40] = b"\xff" * 40
    return bytes(data)


def wrong_sum() -> bytes:
    """A gzip file whose checksum is another's."""
    data = bytearray(gzip.compress(EVENTS.read_bytes()))
    data[-8:-4] = b"\0\0\0\0"
    return bytes(data)


def bomb(block: bytes, times: int) -> bytes:
    """A gzip file of many members: a few megabytes that unpack to gigabytes."""
    return gzip.compress(block) * times


def one_line_bomb(folder: Path) -> str:
    """A gzip file of 6 MB that holds one line of 6 GB."""
    head = gzip.compress(EVENTS.read_bytes().split(b"\n")[0] + b"\n")
    (folder / "bomb.csv.gz").write_bytes(head + bomb(b"x" * (64 << 20), 96))
    return "bomb.csv.gz"


def parquet_with(column: pa.Array) -> bytes:
    """The events as Parquet with another column `notes`."""
    table = events().to_arrow()
    table = table.set_column(table.schema.get_field_index("notes"), "notes", column)
    sink = io.BytesIO()
    pq.write_table(table, sink)
    return sink.getvalue()


def lists() -> bytes:
    return parquet_with(pa.array([["a"]] * events().height))


def maps() -> bytes:
    kind = pa.map_(pa.string(), pa.string())
    return parquet_with(pa.array([[("a", "b")]] * events().height, kind))


def structs() -> bytes:
    return parquet_with(pa.array([{"a": 1}] * events().height))


def binary() -> bytes:
    return parquet_with(pa.array([b"\xe9t\xe9"] * events().height, pa.binary()))


def repeated_names() -> bytes:
    table = events().to_arrow()
    table = table.append_column("notes", table["notes"])
    sink = io.BytesIO()
    pq.write_table(table, sink)
    return sink.getvalue()


def named(*names: str) -> bytes:
    """The events as Parquet with further columns of these names."""
    table = events().to_arrow()
    for name in names:
        table = table.append_column(name, pa.array(range(table.num_rows), pa.int64()))
    sink = io.BytesIO()
    pq.write_table(table, sink)
    return sink.getvalue()


def damaged_page() -> bytes:
    """A Parquet file whose first data page is damaged and whose footer is sound."""
    sink = io.BytesIO()
    pq.write_table(events().to_arrow(), sink, compression="none", use_dictionary=False)
    data = bytearray(sink.getvalue())
    data[30:400] = b"\xff" * 370
    return bytes(data)


def encrypted() -> bytes:
    """A Parquet file with encrypted columns and a footer that can be read."""
    import pyarrow.parquet.encryption as pe

    class Keys(pe.KmsClient):
        def __init__(self, config):
            super().__init__()

        def wrap_key(self, key, name):
            return key

        def unwrap_key(self, key, name):
            return key

    factory = pe.CryptoFactory(Keys)
    config = pe.EncryptionConfiguration(
        footer_key="f", column_keys={"k": ["notes"]}, plaintext_footer=True
    )
    properties = factory.file_encryption_properties(pe.KmsConnectionConfig(), config)
    sink = io.BytesIO()
    with pq.ParquetWriter(sink, events().to_arrow().schema, encryption_properties=properties) as w:
        w.write_table(events().to_arrow())
    return sink.getvalue()


def folder_of(*parts: Callable[[], bytes]):
    """A folder of Parquet files."""

    def make(folder: Path) -> list[str]:
        (folder / "parts").mkdir()
        for number, data in enumerate(parts):
            (folder / "parts" / f"{number}.parquet").write_bytes(data())
        return ["check", "parts"]

    return make


def sound() -> bytes:
    sink = io.BytesIO()
    pq.write_table(events().to_arrow(), sink)
    return sink.getvalue()


def folder_with_fifo(folder: Path) -> list[str]:
    (folder / "parts").mkdir()
    (folder / "parts" / "b.parquet").write_bytes(sound())
    os.mkfifo(folder / "parts" / "a.parquet")
    return ["check", "parts"]


def fifo(folder: Path) -> str:
    os.mkfifo(folder / "pipe.csv")
    return "pipe.csv"


def listening(folder: Path) -> str:
    place = socket.socket(socket.AF_UNIX)
    here = os.getcwd()
    os.chdir(folder)  # the name of a socket may only have some hundred characters
    try:
        place.bind("s.csv")
    finally:
        os.chdir(here)
        place.close()
    return "s.csv"


def stray_cell(text: str):
    """A workbook with one cell in the last row and column that there are."""

    def make(folder: Path) -> str:
        import xlsxwriter

        with xlsxwriter.Workbook(folder / "stray.xlsx") as book:
            sheet = book.add_worksheet("events")
            for number, name in enumerate(events().columns):
                sheet.write_string(0, number, name)
            sheet.write_string(1_048_575, 16_383, text)
        return "stray.xlsx"

    return make


def many_columns(folder: Path) -> str:
    (folder / "wide.csv").write_text(",".join(f"c{n}" for n in range(100_000)) + "\n")
    return "wide.csv"


def long_line(megabytes: int):
    def make(folder: Path) -> str:
        header = EVENTS.read_text().split("\n")[0]
        with (folder / "long.csv").open("w") as stream:
            stream.write(header + "\n")
            for _ in range(megabytes):
                stream.write("x" * (1 << 20))
            stream.write("\n")
        return "long.csv"

    return make


def many_findings(folder: Path) -> str:
    """Short rows, in each of which eleven things are wrong: five million findings."""
    header = EVENTS.read_text(encoding="utf-8").partition("\n")[0]
    row = "x" + "," * header.count(",") + "\n"
    with (folder / "many.csv").open("w") as stream:
        stream.write(header + "\n")
        for _ in range(450):
            stream.write(row * 1000)
    return "many.csv"


def long_name(folder: Path) -> list[str]:
    return ["check", "a" * 300 + ".csv"]


def gone_folder(folder: Path) -> list[str]:
    """The current folder is deleted under the command."""
    return ["check"]


def remove_current() -> None:
    shutil.rmtree(os.getcwd())


def limited(most: int):
    """No file may grow beyond some bytes: a disk that is full."""

    def before() -> None:
        import resource
        import signal

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))

    return before


def plain(*words: str):
    def make(folder: Path) -> list[str]:
        shutil.copy(EVENTS, folder / "events.csv")
        return list(words)

    return make


def bad_rows(folder: Path) -> str:
    text = EVENTS.read_text(encoding="utf-8").replace("Idlib", "Idl\u0131b \u0627\u0644")
    (folder / "bad.csv").write_text(
        text.replace("Battles", "B\u00e4ttles \u2192"), encoding="utf-8"
    )
    return "bad.csv"


RDATA = gzip.compress(b"RDX3\nX\n\0\0\0\x03\0\x04\x02\x01")


def zip_of(*names: str) -> bytes:
    import zipfile

    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        for name in names:
            archive.writestr(name, EVENTS.read_bytes())
    return sink.getvalue()


def two_places(maker, *words: str):
    def make(folder: Path) -> list[str]:
        name = maker(folder)
        shutil.copy(EVENTS, folder / "events.csv")
        return [words[0], name, "events.csv", *words[1:]]

    return make


def utf16(folder: Path) -> str:
    (folder / "u.csv").write_bytes(EVENTS.read_text(encoding="utf-8").encode("utf-16"))
    return "u.csv"


def open_database(folder: Path) -> list[str]:
    """A database whose file cannot be made."""
    (folder / "taken").mkdir()
    return ["load", "sqlite:///taken", "--from", str(ROOT)]


def long_database(folder: Path) -> list[str]:
    return ["load", f"sqlite:///{'a' * 300}.db", "--from", str(ROOT)]


CSV = EVENTS.read_bytes()

FAULTS = [
    Fault(
        "gz whose data break",
        check("e.csv.gz", damaged_gzip),
        shows=("gzip", "damaged"),
        guard=True,
    ),
    Fault(
        "gz whose data break, streamed",
        check("e.csv.gz", damaged_gzip, *STREAMED),
        shows=("damaged",),
        guard=True,
    ),
    Fault(
        "gz cut off",
        check("e.csv.gz", lambda: gzip.compress(CSV)[:-300]),
        shows=("damaged",),
        guard=True,
    ),
    Fault("gz with another's sum", check("e.csv.gz", wrong_sum), shows=("damaged",), guard=True),
    Fault("gz of two bytes", check("e.csv.gz", b"\x1f\x8b"), guard=True),
    Fault(
        "gz in a gz",
        check("e.csv.gz", gzip.compress(gzip.compress(CSV))),
        status=(1, 2),
        guard=True,
    ),
    Fault("Parquet with lists", check("e.parquet", lists), shows=("notes",)),
    Fault("Parquet with lists, streamed", check("e.parquet", lists, *STREAMED), shows=("notes",)),
    Fault("Parquet with maps", check("e.parquet", maps), shows=("notes",)),
    Fault("Parquet with maps, streamed", check("e.parquet", maps, *STREAMED), shows=("notes",)),
    Fault("Parquet with structs", check("e.parquet", structs), shows=("notes",)),
    Fault(
        "Parquet with structs, streamed", check("e.parquet", structs, *STREAMED), shows=("notes",)
    ),
    Fault("Parquet with bytes", check("e.parquet", binary), shows=("notes",)),
    Fault("Parquet with bytes, streamed", check("e.parquet", binary, *STREAMED), shows=("notes",)),
    Fault(
        "Parquet with a name twice",
        check("e.parquet", repeated_names),
        shows=("notes",),
        guard=True,
    ),
    Fault(
        "Parquet with a name twice, streamed",
        check("e.parquet", repeated_names, *STREAMED),
        shows=("notes",),
    ),
    Fault(
        "Parquet with our column of lines",
        check("e.parquet", lambda: named("__line")),
        shows=("__line",),
    ),
    Fault(
        "Parquet with our column of lines, streamed",
        check("e.parquet", lambda: named("__line"), *STREAMED),
        shows=("__line",),
    ),
    Fault(
        "Parquet with our column of checks",
        check("e.parquet", lambda: named("__check 0", "__key", "__file")),
        shows=("__key",),
        guard=True,
    ),
    Fault(
        "CSV with our column of lines",
        check("e.csv", CSV.replace(b"notes", b"__line", 1)),
        shows=("__line",),
    ),
    Fault(
        "CSV with our column of lines, streamed",
        check("e.csv", CSV.replace(b"notes", b"__line", 1), *STREAMED),
        shows=("__line",),
    ),
    Fault("Parquet with a damaged page", check("e.parquet", damaged_page), shows=("Parquet",)),
    Fault(
        "Parquet with a damaged page, streamed",
        check("e.parquet", damaged_page, *STREAMED),
        shows=("Parquet",),
    ),
    Fault(
        "Parquet that is encrypted", check("e.parquet", encrypted), shows=("Parquet",), guard=True
    ),
    Fault(
        "Parquet that is encrypted, streamed",
        check("e.parquet", encrypted, *STREAMED),
        shows=("Parquet",),
    ),
    Fault("folder with a damaged part", folder_of(sound, damaged_page), shows=("1.parquet",)),
    Fault("folder with lists in a part", folder_of(sound, lists), shows=("1.parquet",)),
    Fault(
        "folder with a pipe in it",
        folder_with_fifo,
        status=(1, 2),
        shows=("a.parquet",),
        seconds=20,
    ),
    Fault(
        "pipe that nobody writes to", checked(fifo), status=(2,), shows=("pipe.csv",), seconds=20
    ),
    Fault(
        "pipe that nobody writes to, streamed",
        checked(fifo, *STREAMED),
        status=(2,),
        shows=("pipe.csv",),
        seconds=20,
    ),
    Fault("socket", checked(listening), status=(2,), shows=("s.csv",), guard=True),
    Fault("endless device", lambda f: ["check", "/dev/zero"], status=(2,), shows=("/dev/zero",)),
    Fault(
        "endless device, streamed",
        lambda f: ["check", "/dev/zero", *STREAMED],
        status=(2,),
        shows=("/dev/zero",),
    ),
    Fault(
        "device that is full", lambda f: ["check", "/dev/full"], status=(2,), shows=("/dev/full",)
    ),
    Fault("workbook with a stray cell", checked(stray_cell("x"))),
    Fault("workbook with a stray blank", checked(stray_cell(" ")), status=(0, 1)),
    Fault("gz of one line of 6 GB", checked(one_line_bomb), shows=("bomb.csv.gz",)),
    Fault("gz of one line of 6 GB, streamed", checked(one_line_bomb, *STREAMED), shows=("bomb",)),
    Fault("gz of one line of 6 GB, compared", two_places(one_line_bomb, "diff"), status=(1, 2)),
    Fault(
        "gz of one line of 6 GB, converted",
        two_places(one_line_bomb, "convert"),
        status=(1, 2),
        guard=True,
    ),
    Fault("100,000 columns", checked(many_columns), shows=("columns",), seconds=20),
    Fault(
        "100,000 columns, streamed",
        checked(many_columns, *STREAMED),
        shows=("columns",),
        seconds=20,
    ),
    Fault("line of 200 MB", checked(long_line(200))),
    Fault("line of 300 MB, streamed", checked(long_line(300), *STREAMED)),
    Fault(
        "five million findings written",
        checked(many_findings, "--findings", "found.parquet"),
        shows=("4,950,000 errors",),
    ),
    Fault(
        "five million findings, and typed rows",
        checked(many_findings, "--findings", "found.parquet", *STREAMED),
        shows=("4,950,000 errors",),
    ),
    Fault("name of 300 characters", long_name, status=(2,), shows=("aaa",)),
    Fault(
        "current folder deleted", gone_folder, status=(2,), before=remove_current, shows=("folder",)
    ),
    Fault(
        "current folder deleted, a file asked for",
        lambda f: ["check", "x.csv"],
        status=(2,),
        before=remove_current,
        shows=("folder",),
    ),
    Fault(
        "output to a full device",
        plain("check", "events.csv"),
        status=(2,),
        stdout="/dev/full",
        shows=("eventbook:",),
    ),
    Fault(
        "output to a terminal of Latin-1",
        checked(bad_rows),
        surroundings={"PYTHONIOENCODING": "latin-1"},
        shows=("code",),
    ),
    Fault(
        "JSON to a terminal of Latin-1",
        checked(bad_rows, "--format", "json"),
        surroundings={"PYTHONIOENCODING": "latin-1"},
        shows=("code",),
    ),
    Fault(
        "output to a terminal of ASCII",
        checked(bad_rows),
        surroundings={"PYTHONIOENCODING": "ascii"},
        shows=("code",),
        guard=True,
    ),
    Fault(
        "no threads",
        plain("check", "events.csv"),
        status=(0, 2),
        surroundings={"POLARS_MAX_THREADS": "0"},
    ),
    Fault(
        "typed rows to a full disk",
        plain("check", "events.csv", "--out", "typed.parquet"),
        status=(2,),
        before=limited(300),
        shows=("typed.parquet",),
        guard=True,
    ),
    Fault(
        "findings to a full disk",
        checked(bad_rows, "--findings", "found.parquet"),
        status=(2,),
        before=limited(100),
        shows=("found.parquet",),
        guard=True,
    ),
    Fault(
        "streaming without room for temporary files",
        plain("check", "events.csv", "--out", "typed.parquet"),
        status=(0, 2),
        surroundings={"TMPDIR": "/dev/null"},
        guard=True,
    ),
    Fault(
        "conversion to a full disk",
        plain("convert", "events.csv", "out.parquet"),
        status=(2,),
        before=limited(300),
        shows=("out.parquet",),
        guard=True,
    ),
    Fault("database that is a folder", open_database, status=(2,), shows=("taken",)),
    Fault("database of a long name", long_database, status=(2,), shows=("aaa",)),
    Fault("R data", check("e.rda", RDATA), status=(2,), shows=("R data",)),
    Fault("R data of one object", check("e.rds", RDATA), status=(2,), shows=("R data",)),
    Fault("Stata data", check("e.dta", b"<stata_dta><header>"), status=(2,), shows=("Stata",)),
    Fault("SPSS data", check("e.sav", b"$FL2@(#) SPSS DATA FILE"), status=(2,), shows=("SPSS",)),
    Fault(
        "a picture", check("e.png", b"\x89PNG\r\n\x1a\n" + b"\0" * 50), status=(1, 2), guard=True
    ),
    Fault("a PDF", check("e.pdf", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"), status=(1, 2), shows=("PDF",)),
    Fault("ZIP with one table", check("e.zip", zip_of("events.csv")), status=(0,)),
    Fault(
        "ZIP with two tables",
        check("e.zip", zip_of("events.csv", "b.csv")),
        status=(2,),
        shows=("events.csv", "b.csv"),
    ),
    Fault(
        "ZIP with an escape in a name",
        check("e.zip", zip_of("\x1b]52;c;x\x07.csv", "b.csv")),
        status=(1, 2),
        guard=True,
    ),
    Fault(
        "JSON nested without end",
        check("e.json", b"[" * 100_000),
        status=(1, 2),
        shows=("e.json",),
        guard=True,
    ),
    Fault("JSON of a number", check("e.json", b"5"), status=(1, 2), shows=("e.json",), guard=True),
    Fault("UTF-16", checked(utf16), shows=("UTF-16",), guard=True),
    Fault("random bytes", check("e.csv", bytes(range(256)) * 40), status=(1, 2), guard=True),
    Fault("nothing", check("e.csv", b""), shows=("empty",), guard=True),
    Fault("only line breaks", check("e.csv", b"\n" * 500), shows=("empty",), guard=True),
    Fault("only a quotation mark", check("e.csv", b'"'), guard=True),
    Fault(
        "folder without tables",
        lambda f: ["check", "."],
        status=(2,),
        shows=("Parquet",),
        guard=True,
    ),
    Fault(
        "no such file",
        lambda f: ["check", "none.csv"],
        status=(2,),
        shows=("none.csv",),
        guard=True,
    ),
]
