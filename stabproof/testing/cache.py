"""Certificates kept between test runs, found by the hash of their problem and never trusted."""

import contextlib
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

from stabproof.testing.session import active

if TYPE_CHECKING:
    from certify.certificate import Certificate

_MOST_FILES = 1000


@final
class CertificateCache:
    """Certificates in one folder, one file a problem.

    A file only saves the search: `find` repeats the whole proof from the stored witness for the problem at hand,
    and a file that does not prove what it says is removed. A folder that cannot be written keeps nothing.
    """

    def __init__(self, folder: Callable[[], Path], *, frozen: bool = False, renews: bool = False) -> None:
        """folder: returns the folder, and makes it if it is missing; called when it is first needed.

        frozen: the files belong to somebody and are neither written nor removed. renews: every proof is made anew.
        """
        self._folder, self._frozen, self.renews = folder, frozen, renews

    def find(self, kind: str, problem: Mapping[str, Any]) -> "Certificate | None":
        """The certificate of this kind for exactly this problem, proved again by the checker; None: there is none.

        It has no attachments: no file holds estimates.
        """
        from certify.certificate.encoding import input_hash
        from foundation import CertificateError

        digest = input_hash(dict(problem))
        try:
            return _checked(self.path(kind, digest), kind, digest)
        except CertificateError:
            active().tally["rejected"] += 1
            if not self._frozen:
                with contextlib.suppress(OSError):
                    self.path(kind, digest).unlink()
        except (OSError, ValueError):  # there is no such file, or it cannot be read
            pass
        return None

    def store(self, certificate: "Certificate") -> bool:
        """Keep the certificate, in place of an older one for the same problem; False: the files are frozen."""
        if self._frozen:
            return False
        with contextlib.suppress(OSError, ValueError):
            certificate.save(self.path(certificate.kind, certificate.input_hash))
        return True

    def path(self, kind: str, digest: str) -> Path:
        """Where the certificate for the problem with this hash is kept."""
        return self._folder() / f"{kind}-{digest}.json"

    def prune(self, most: int = _MOST_FILES) -> None:
        """Remove the certificates that were used longest ago, beyond `most`, from a folder of pytest's own."""
        if self._frozen or self.renews:
            return
        with contextlib.suppress(OSError):
            files = sorted(self._folder().glob("*.json"), key=lambda path: path.stat().st_mtime)
            for path in files[: max(len(files) - most, 0)]:
                path.unlink()


def _checked(path: Path, kind: str, digest: str) -> "Certificate":
    from certify.certificate import check, read_certificate
    from foundation import CertificateError

    stored = read_certificate(path)
    if stored.kind != kind or stored.input_hash != digest:
        raise CertificateError("the file holds the certificate of another problem")
    checked = check(stored)
    with contextlib.suppress(OSError):
        os.utime(path)
    return checked
