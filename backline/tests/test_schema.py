"""The API against its own description: generated requests, right and wrong, to a live server."""

import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command

from backline.tests.fuzzing import CHECKS, configure
from backline.tests.installation import installed

EXAMPLES = 8
SECONDS = 300
UNLIMITED = {
    "API_REQUESTS_PER_MINUTE": "0",
    "LOGINS_PER_MINUTE": "0",
    "REGISTRATIONS_PER_MINUTE": "0",
}


def test_the_description_is_made_without_a_warning(capsys):
    call_command("spectacular", validate=True, fail_on_warn=True)
    said = capsys.readouterr()
    assert said.out.startswith("openapi: 3.")
    assert "warning" not in said.err.lower()


@pytest.mark.slow
def test_every_operation_keeps_to_its_description(tmp_path_factory):
    folder = tmp_path_factory.mktemp("schema")
    folder.chmod(0o755)
    with installed(folder / "var", **UNLIMITED) as running:
        options = [
            f"--config-file={configure(running, folder)}",
            "run",
            f"{running.url}/api/schema",
            f"--url={running.url}",
            f"--checks={','.join(CHECKS)}",
            f"--max-examples={EXAMPLES}",
            "--seed=20261123",
            "--no-color",
        ]
        done = subprocess.run(
            [Path(sys.executable).parent / "schemathesis", *options],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=SECONDS,
        )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said[-20_000:]
    assert "Missing test data" not in said
