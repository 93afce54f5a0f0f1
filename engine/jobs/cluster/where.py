"""Where: the cluster that somebody names, from the words on the command line."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

MOST_LOCAL = 256

EXPECTED = "write tcp://HOST:8786 or tls://HOST:8786, local:N, ssh:HOST,HOST, or --scheduler-file FILE"


@dataclass(frozen=True, slots=True)
class Certificates:
    """The files of TLS: the authority's certificate, and this side's certificate and key."""

    authority: str
    certificate: str
    key: str


@dataclass(frozen=True, slots=True)
class Where:
    """A cluster: the `address` of its scheduler, the `file` that holds it, or what is to be started.

    `count` worker processes on this machine, or one on each of the `hosts`; the scheduler of those runs on the first.
    """

    kind: Literal["address", "file", "local", "ssh"]
    address: str = ""
    file: str = ""
    count: int = 0
    hosts: tuple[str, ...] = ()
    certificates: Certificates | None = None

    @property
    def words(self) -> str:
        """The cluster as it is told of."""
        return {
            "address": self.address,
            "file": f"the scheduler of {self.file}",
            "local": f"local:{self.count}",
            "ssh": f"ssh:{','.join(self.hosts)}",
        }[self.kind]

    @property
    def is_open(self) -> bool:
        """Whether somebody else on the network may have their code run by its scheduler."""
        if self.certificates is not None or self.kind == "local":
            return False
        return self.kind != "address" or not _is_this_machine(urlsplit(self.address).hostname or "")


def certificates_of(files: tuple[str, str, str]) -> Certificates | None:
    """The files of the authority, the certificate and the key; None if no file is named. Raises ValueError for some."""
    if any(files) and not all(files):
        raise ValueError("TLS takes three files: --tls-ca, --tls-cert and --tls-key")
    return Certificates(*files) if all(files) else None


def where_of(text: str, scheduler_file: str = "", certificates: Certificates | None = None) -> Where:
    """The cluster of what was typed. Raises ValueError for anything else, with what fits."""
    if scheduler_file:
        if text:
            raise ValueError("name the cluster or its scheduler file, not both")
        return Where("file", file=scheduler_file, certificates=certificates)
    kind, _, rest = text.partition(":")
    if kind == "local":
        if not (rest.isdecimal() and 1 <= int(rest) <= MOST_LOCAL):
            raise ValueError(f"local:{rest}: give a number of worker processes from 1 to {MOST_LOCAL}")
        return Where("local", count=int(rest), certificates=certificates)
    if kind == "ssh":
        hosts = tuple(host.strip() for host in rest.split(",") if host.strip())
        if not hosts or any(host.startswith("-") for host in hosts):
            raise ValueError(f"ssh:{rest}: give hosts with commas between them, such as ssh:hostA,hostB")
        return Where("ssh", hosts=hosts, certificates=certificates)
    return _at_address(text, kind, certificates)


def _at_address(text: str, kind: str, certificates: Certificates | None) -> Where:
    try:
        parts = urlsplit(text)
        has_port = parts.port is not None
    except ValueError:
        has_port = False
    if kind not in ("tcp", "tls") or not has_port:
        raise ValueError(f"{text!r} names no cluster: {EXPECTED}")
    if (kind == "tls") != (certificates is not None):
        needs = "needs --tls-ca, --tls-cert and --tls-key" if kind == "tls" else "is not encrypted: write tls://"
        raise ValueError(f"{text} {needs}")
    return Where("address", address=text, certificates=certificates)


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
