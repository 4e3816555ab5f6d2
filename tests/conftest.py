"""What all tests share: no network but loopback, and where the folder of real documents is."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture(autouse=True)
def _loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse every connection that leaves the machine: no test needs the internet."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:  # noqa: ANN401  # the signature of the socket module
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in ("127.0.0.1", "::1"):
            raise AssertionError(f"a test tried to reach {address}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of real documents; tests that need it are skipped where it is absent."""
    for folder in (REPOSITORY.parent / "shared" / "corpus", REPOSITORY / "shared" / "corpus"):
        if folder.is_dir():
            return folder
    pytest.skip("the folder of real documents (shared/corpus) is not beside the repository")
