"""A desk that runs in a process of its own, and somebody who sends it requests."""

from __future__ import annotations

import http.client
import json
import re
import signal
import subprocess
import threading
from dataclasses import dataclass, field
from pathlib import Path

from conftest import EVENTBOOK

STARTS = 60.0
"""Seconds in which a server has to start, on a busy machine."""


@dataclass(frozen=True)
class Reply:
    """What the server answered."""

    status: int
    body: bytes
    headers: dict[str, str]

    @property
    def json(self):
        return json.loads(self.body)


class RunningDesk:
    """`eventbook desk` for a package; `links` has each person's private link."""

    def __init__(self, root: Path, *words: str):
        self.root, self.words = root, words
        self.links: dict[str, str] = {}
        self.printed = ""
        self.start()

    def start(self, port: int | None = None):
        """Start the server, and wait until it answers."""
        words = [*EVENTBOOK, "desk", *self.words, *(["--port", str(port)] if port else [])]
        self.process = subprocess.Popen(
            words,
            cwd=self.root,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.printed = ""
        too_late = threading.Timer(STARTS, self.process.kill)
        too_late.start()
        while "Ctrl+C" not in self.printed:
            line = self.process.stdout.readline()
            assert line, f"the desk did not start: {self.printed}"
            self.printed += line
        too_late.cancel()
        self.links = dict(re.findall(r"^(\S+) +(http\S+)$", self.printed, re.M))
        self.url = next(iter(self.links.values())).partition("/enter")[0]
        self.port = int(self.url.rpartition(":")[2])

    def kill(self):
        """End the server at once, as a power cut would."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.communicate()

    def stop(self):
        """End the server as Ctrl+C does, and return its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        self.printed += self.process.communicate(timeout=30)[0]
        return self.process.returncode

    def request(self, method, path, body=None, headers=None, raw=None):
        """Send a request as a browser would from the desk's own page; `headers` change or, as None, drop some."""
        sent = {"Host": f"127.0.0.1:{self.port}"}
        if method == "POST":
            sent |= {"Origin": self.url, "Content-Type": "application/json"}
        sent |= headers or {}
        data = raw if raw is not None else None if body is None else json.dumps(body).encode()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for name, value in sent.items():
            if value is not None:
                connection.putheader(name, value)
        if data is not None and "Content-Length" not in sent:
            connection.putheader("Content-Length", str(len(data)))
        connection.endheaders(data)
        answer = connection.getresponse()
        reply = Reply(answer.status, answer.read(), {k.lower(): v for k, v in answer.getheaders()})
        connection.close()
        return reply

    def enter(self, name):
        """Open somebody's private link, as the browser does."""
        token = self.links[name].rpartition(":")[2]
        reply = self.request("POST", "/enter", {"person": name, "token": token})
        assert reply.status == 200, reply.body
        return Visitor(self, name, reply.headers["set-cookie"].partition(";")[0])


@dataclass
class Visitor:
    """Somebody with the cookie of a person."""

    desk: RunningDesk
    name: str
    cookie: str
    headers: dict[str, str] = field(default_factory=dict)

    def ask(self, path, body=None, **headers):
        """Ask the API: with a body it is a POST."""
        method = "GET" if body is None else "POST"
        sent = {"Cookie": self.cookie, **self.headers, **headers}
        return self.desk.request(method, f"/{self.name}/api/{path}", body, sent)

    def document(self, name="DOC-0001"):
        """Return a document with the rows about it."""
        reply = self.ask(f"document/{name}")
        assert reply.status == 200, reply.body
        return reply.json

    def change(self, table, removed=(), added=(), revision="", document="DOC-0001"):
        """Change rows of a table."""
        tables = {table: {"removed": list(removed), "added": list(added)}}
        return self.ask("change", {"document": document, "revision": revision, "tables": tables})
