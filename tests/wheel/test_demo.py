"""What `make demo` installs is enough for what it runs."""

from pathlib import Path

import pytest

from tests.wheel.environment import HERE, ROOT, Environment

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("server", [HERE], indirect=True)
def test_demo_photos_and_the_contact_sheet_need_nothing_more(server: Environment, tmp_path: Path) -> None:
    server.install(f"{ROOT}[cpu,demo]", quickly=True)
    commands = (
        ("benchmarks.photos.demo_photos", tmp_path / "photos", "--count", 1, "--megapixels", 1),
        ("benchmarks.pages.contact_sheet", "--help"),
        ("benchmarks.pages.summary", "--help"),
    )
    for module, *words in commands:
        done = server.says("python", "-m", module, *words, cwd=ROOT)
        assert done.returncode == 0, done.stderr
    assert [path.name for path in (tmp_path / "photos").iterdir()] == ["IMG_0001.jpg"]
