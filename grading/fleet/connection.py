"""Connects to a scheduler of dask.distributed, by TLS where its address says so."""

import ipaddress
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from grading.errors import UsageError

if TYPE_CHECKING:
    from distributed import Client, Security

CONNECT_SECONDS = 20
# Connections that nobody else on the network can make.
_CLOSED = ("tls", "wss", "inproc")


@dataclass(frozen=True)
class TlsFiles:
    """Files in PEM, as `dask worker` takes them; dask's own configuration has what is not given."""

    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None

    @property
    def files(self) -> list[Path]:
        """Those that are given."""
        return [path for path in (self.ca, self.certificate, self.key) if path is not None]


NO_FILES = TlsFiles()


def connect(address: str, files: TlsFiles = NO_FILES) -> "Client":
    """A client of the scheduler. Raises UsageError if it does not answer or refuses.

    Anybody who reaches a scheduler without TLS can run programs on its workers: a line on standard
    error says so, unless the address is on this machine.
    """
    try:
        from distributed import Client
    except ImportError as error:
        raise UsageError("--cluster needs dask: pip install -e '.[cluster]'") from error
    if files != NO_FILES and not address.startswith("tls://"):
        raise UsageError(f"--cluster {address}: --tls-... files need an address tls://HOST:PORT")
    refused = ", or it refuses this certificate" if address.startswith("tls://") else ""
    try:
        client = Client(  # type: ignore[no-untyped-call]
            address,
            timeout=CONNECT_SECONDS,
            set_as_default=False,
            security=_security(address, files),
        )
    except (OSError, ValueError) as error:
        raise UsageError(f"--cluster {address}: no scheduler answers there{refused}") from error
    if is_open(address):
        print(
            f"grader: anybody who reaches {address} can run programs on the workers, which hold the"
            " hidden checks: use tls:// (docs/batch.md)",
            file=sys.stderr,
        )
    return client


def is_open(address: str) -> bool:
    """Whether a scheduler at this address may serve others on the network, and without TLS."""
    parts = urlsplit(address if "://" in address else f"tcp://{address}")
    host = parts.hostname or ""
    try:
        is_here = ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_here = host == "localhost"
    return parts.scheme not in _CLOSED and not is_here


def _security(address: str, files: TlsFiles) -> "Security":
    """How to connect: with the files given, or else those in dask's configuration."""
    from distributed import Security

    given = {
        "tls_ca_file": files.ca,
        "tls_client_cert": files.certificate,
        "tls_client_key": files.key,
    }
    named = {name: str(path) for name, path in given.items() if path is not None}
    is_tls = address.startswith("tls://")
    security = Security(require_encryption=is_tls or None, **named)  # type: ignore[no-untyped-call]
    told = security.get_tls_config_for_role("client")  # type: ignore[no-untyped-call]
    if is_tls and not (told["ca_file"] and told["cert"]):
        raise UsageError(
            f"--cluster {address} needs --tls-ca-file, --tls-cert and --tls-key, or their values in"
            " dask's configuration (distributed.comm.tls)"
        )
    try:
        security.get_connection_args("client")  # type: ignore[no-untyped-call]
    except OSError as error:  # of which ssl.SSLError is one
        raise UsageError(
            f"--cluster {address}: these certificates cannot be read: {error}"
        ) from error
    return security
