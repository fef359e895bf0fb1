import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """The shared folder beside the project, or a skip."""
    beside = Path(__file__).resolve().parents[2] / ".." / "shared"
    folder = Path(os.environ.get("SHARED_DIR", beside))
    if not folder.is_dir():
        pytest.skip("no shared folder here")
    return folder
