"""What tests of clusters share."""

from __future__ import annotations

import shutil
import subprocess

import pytest


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return Dask's settings for a certificate that scheduler, workers and clients share."""
    pytest.importorskip("distributed")
    if shutil.which("openssl") is None:
        pytest.skip("a certificate is made by openssl")
    folder = tmp_path_factory.mktemp("tls")
    key, found = str(folder / "key.pem"), str(folder / "certificate.pem")
    call = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=kinderwerk"]
    subprocess.run([*call, "-keyout", key, "-out", found], check=True, capture_output=True)
    roles = {f"{role}.{what}": file for role in ("scheduler", "worker", "client")
             for what, file in (("cert", found), ("key", key))}  # fmt: skip
    return {f"distributed.comm.tls.{name}": file for name, file in {"ca-file": found, **roles}.items()}
