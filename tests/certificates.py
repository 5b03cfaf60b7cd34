"""Certificates of an authority of our own, made with the openssl program."""

import shutil
import subprocess
from pathlib import Path

from tests.conftest import require_or_skip


def make_authority(folder: Path, name: str = "localhost") -> tuple[Path, Path, Path]:
    """An authority and one certificate by it: (authority, certificate, key), as PEM files.

    Args:
        folder: where they are written.
        name: whom the certificate is for; 127.0.0.1 too.
    """
    openssl = shutil.which("openssl")
    if not openssl:
        require_or_skip("openssl is not installed")
    ca, ca_key, cert, key = (folder / f for f in ("ca.pem", "ca.key", "cert.pem", "cert.key"))
    names = folder / "names.cnf"
    names.write_text(f"subjectAltName=DNS:{name},IP:127.0.0.1\n")
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")

    def run(*arguments: object) -> None:
        subprocess.run([openssl, *map(str, arguments)], check=True, capture_output=True, timeout=30)

    run("req", "-x509", *curve, "-keyout", ca_key, "-out", ca, "-subj", "/CN=authority", "-days", 2)
    request = folder / "request.pem"
    run("req", *curve, "-keyout", key, "-out", request, "-subj", f"/CN={name}")
    run(
        *("x509", "-req", "-in", request, "-CA", ca, "-CAkey", ca_key, "-CAcreateserial"),
        *("-out", cert, "-days", 2, "-extfile", names),
    )
    return ca, cert, key
