"""A batch and the runs of a fit on two workers over TLS: what comes back is what one worker here gives.

Scheduler and workers are started by the commands of docs/deploy.md, each as on a machine of its own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from calibration.figures.targets import read_targets
from calibration.runs import Job, Runner
from sim.batches.executors import client_of
from sim.model.parameters import prior_parameters
from sim.progress import Progress

ROOT = Path(__file__).resolve().parents[2]
NONE = "kind: scenario\ntitle: None\nmunicipality: Almere\nyears: 2\n"
GRID = """\
kind: grid
from: none.yaml
values: {programmes.kinderwerk.fte: [12, 24, 48]}
reference: none.yaml
"""


@pytest.fixture(scope="module")
def address(certificate: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start a scheduler and two workers, which meet over TLS alone; yield where the scheduler is."""
    import dask

    told = tmp_path_factory.mktemp("cluster") / "cluster.log"
    asked = environment({**certificate, "distributed.comm.require-encryption": "True"})
    with ExitStack() as running, dask.config.set(certificate), told.open("wb") as log:

        def started(role: str, *words: str) -> None:
            call = [sys.executable, "-m", "dask", role, *words, "--no-dashboard"]
            process = subprocess.Popen(call, cwd=ROOT, env=asked, stdout=log, stderr=log)
            running.callback(process.wait, 60)
            running.callback(process.terminate)

        started("scheduler", "--protocol", "tls", "--host", "127.0.0.1", "--port", "0")
        address = scheduler_in(told)
        for _ in range(2):
            started("worker", address, "--nthreads", "1", "--local-directory", str(told.parent))
        with client_of(address) as client:
            client.wait_for_workers(2, timeout=180)
        yield address


def environment(settings: dict[str, str]) -> dict[str, str]:
    """Return an environment in which these are Dask's settings."""
    named = {key.upper().replace(".", "__").replace("-", "_"): value for key, value in settings.items()}
    return {**os.environ, **{f"DASK_{key}": value for key, value in named.items()}}


def scheduler_in(log: Path) -> str:
    """Return the address that a scheduler tells once it listens."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
            if "Scheduler at:" in line:
                return line.rpartition(" ")[2]
        time.sleep(0.1)
    raise AssertionError(log.read_text(encoding="utf-8"))


def test_a_batch_on_two_workers_over_tls_has_the_bytes_of_one_here(
    certificate: dict[str, str], address: str, tmp_path: Path
) -> None:
    assert address.startswith("tls://")
    folder = tmp_path / "scenarios"
    folder.mkdir()
    (folder / "none.yaml").write_text(NONE, encoding="utf-8")
    (folder / "grid.yaml").write_text(GRID, encoding="utf-8")
    for name, words in (("here", ("--workers", "1")), ("there", ("--cluster", address))):
        call = [sys.executable, "cli.py", "batch", str(folder), "--children", "300", "--draws", "2", *words]
        done = subprocess.run(
            [*call, "--out", str(tmp_path / name)], cwd=ROOT, env=environment(certificate),
            capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "there" / "manifest.json").read_text(encoding="utf-8"))["workers"] == 2
    for table in ("results.parquet", "comparison.parquet"):
        assert (tmp_path / "here" / table).read_bytes() == (tmp_path / "there" / table).read_bytes()


def test_runs_of_a_fit_on_two_workers_over_tls_come_to_the_same(address: str, tmp_path: Path) -> None:
    """All else of a fit is computed by who asks for it (calibration/fit.py)."""
    jobs = [Job({}, 2_000, seed) for seed in range(4)]
    found = [
        Runner(prior_parameters(), read_targets(), tmp_path / f"{name}.jsonl", "engine", cluster=cluster)
        .all(Progress("noise_of_run"), jobs)
        for name, cluster in (("here", None), ("there", address))
    ]  # fmt: skip
    assert found[0] == found[1]
