"""Spark: a cluster of two workers on this machine, each a process of its own."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import polars as pl
import pytest

pyspark = pytest.importorskip("pyspark", reason="pyspark has an environment of its own")
if shutil.which("java") is None:
    pytest.skip("Spark needs Java, and there is none", allow_module_level=True)

pytestmark = pytest.mark.spark

from benchmarks.made import make  # noqa: E402

from eventbook.validation import check_large  # noqa: E402

HOST, WORKERS = "127.0.0.1", 2
FEW_TASKS = "--conf spark.sql.shuffle.partitions=2"
CLASS = Path(pyspark.__file__).parent / "bin" / "spark-class"


def free_port():
    with socket.socket() as one:
        one.bind((HOST, 0))
        return one.getsockname()[1]


@pytest.fixture
def master(tmp_path):
    """The address of a master with two workers, which have one core each."""
    address = f"spark://{HOST}:{free_port()}"
    port = address.rpartition(":")[2]
    own = ["--host", HOST, "--webui-port", "0"]
    commands = [["master.Master", *own, "--port", port]]
    commands += [
        [
            "worker.Worker",
            *own,
            "--cores",
            "1",
            "--memory",
            "1g",
            "--work-dir",
            str(folder),
            address,
        ]
        for folder in (tmp_path / f"worker {number}" for number in range(WORKERS))
    ]
    log = tmp_path / "master.log"
    with ExitStack() as stack:
        for number, (name, *options) in enumerate(commands):
            output = stack.enter_context(
                (log if number == 0 else tmp_path / f"{number}.log").open("w")
            )
            command = [str(CLASS), f"org.apache.spark.deploy.{name}", *options]
            process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
            stack.enter_context(process)
            stack.callback(process.terminate)
        for _ in range(600):
            if log.read_text().count("Registering worker") == WORKERS:
                break
            time.sleep(0.1)
        else:
            pytest.fail(log.read_text())
        yield address
        assert "Launching executor" in log.read_text()


def test_a_cluster_finds_the_same(master, tmp_path):
    """What runs in one process may not reach a worker: the book, the package, the files."""
    make(3_000, 0.05, tmp_path / "made.csv")
    (tmp_path / "parts").mkdir()
    rows = pl.read_csv(tmp_path / "made.csv", infer_schema=False, null_values=[""])
    for number, part in enumerate(rows.iter_slices(800)):
        part.write_parquet(tmp_path / "parts" / f"{number}.parquet")
    found = tmp_path / "findings"
    command = [sys.executable, "-m", "eventbook", "check", str(tmp_path / "parts")]
    command += ["--engine", "spark", "--findings", str(found)]
    settings = {"PYSPARK_SUBMIT_ARGS": f"--master {master} {FEW_TASKS} pyspark-shell"}
    run = subprocess.run(command, env=os.environ | settings, capture_output=True, text=True)
    assert run.returncode == 1, run.stdout + run.stderr
    expected = check_large(tmp_path / "made.csv")
    kinds = ("rule", "severity", "column", "row_id", "value")
    on_cluster = pl.read_parquet(found / "*.parquet").select(kinds).rows()
    assert sorted(on_cluster, key=str) == sorted(
        ((f.rule, f.severity, f.column, f.row_id, f.value) for f in expected), key=str
    )
