"""The report: the newest figures between the markers, nothing else touched, pictures beside them."""

import io
import json
import xml.etree.ElementTree as ET  # what is parsed was drawn here
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from benchmarks.record import report, results
from benchmarks.record.figures import Figure, Target
from benchmarks.record.results import Case, in_words
from benchmarks.rivals.look import COLOURS

PLAIN = {"photos": 50, "megapixels": 12, "iso": "low", "workers": 2, "source": "files", "where": "embedded"}
START, END = "<!-- figures: by a test -->\n", "<!-- end of figures -->"
README = f"# A project\n\nBefore.\n\n{START}\nby hand\n\n{END}\n\nAfter, with \\1 and {{braces}}.\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "docs").mkdir()
    (tmp_path / "README.md").write_text(README)
    (tmp_path / "docs/benchmarks.md").write_text(README)
    return tmp_path


@pytest.fixture
def records(tmp_path: Path) -> Path:
    return tmp_path / "results"


def measured(folder: Path, preset: str, *floors: float, quick: bool = False, **case: str | int) -> None:
    figures = [Figure("times the floor", "× floor", floors, Target(1.6)), Figure("seconds", "s", [3.0])]
    results.record("throughput", {"preset": preset, **PLAIN, **case}, figures, quick=quick, folder=folder)


def everything(folder: Path) -> None:
    def record(benchmark: str, case: Case, *figures: Figure) -> None:
        results.record(benchmark, case, list(figures), folder=folder)

    measured(folder, "filter_warm", 1.3, 1.25, 1.4)
    measured(folder, "beauty_heavy", 2.3)
    for look in COLOURS.values():
        for peer, floors in {"photobatch": 1.3, "pyvips": 2.6, "pillow": 1.56, "ray-data": 1.43}.items():
            figures = [Figure("seconds", "s", [floors * 2.5]), Figure("× floor", "×", [floors])]
            if peer != "photobatch":
                target = Target(1.8 if peer == "pyvips" else 1, least=True)
                figures.append(Figure("ours is faster by", "×", [floors / 1.3], target))
            record("peers", {"look": look.name, "peer": peer, "with": f"{peer} 1", "workers": 2}, *figures)
    parts = [Figure("raylet", "MB", [61.0]), Figure("gcs_server", "MB", [48.0])]
    record(
        "memory", {"what": "idle service", "workers": 2}, Figure("all processes", "MB", [960.0], Target(1050)), *parts
    )
    peak = Figure("peak over idle", "MB", [310.0], Target(300))
    record("memory", {"what": "peak over idle", "preset": "filter_warm", "photos": 1000, "workers": 2}, peak)
    times = [Figure("p50", "ms", [2.0], Target(4)), Figure("p99", "ms", [12.0], Target(30))]
    record("latency", {"request": "GET /api/v1/batch/{task_id}"}, *times)
    record("progress", {"clients": 200}, Figure("p50", "ms", [20.0]), Figure("p95", "ms", [90.0], Target(150)))


def figures_of(document: Path) -> str:
    text = document.read_text()
    assert text.count(START) == text.count(END) == 1
    return text.partition(START)[2].partition(END)[0]


def row_of(document: Path, what: str) -> list[str]:
    (line,) = [line for line in figures_of(document).splitlines() if line.startswith("|") and what in line]
    return [cell.strip() for cell in line.strip("|").split("|")]


def headline_of(root: Path, what: str) -> list[str]:
    (line,) = [line for line in headlines_of(root) if what in line]
    return [cell.strip() for cell in line.strip("|").split("|")]


def headlines_of(root: Path) -> list[str]:
    text = figures_of(root / "docs/benchmarks.md").partition("### Headlines\n")[2].partition("\n#")[0]
    return [line for line in text.splitlines() if line.startswith("|")]


def links_of(document: Path) -> list[Path]:
    pieces = [piece.rpartition("](")[2] for piece in figures_of(document).split(".svg)")[:-1]]
    return [document.parent / f"{piece}.svg" for piece in pieces]


def written(root: Path) -> dict[str, bytes]:
    paths = [root / "README.md", *(root / "docs").rglob("*")]
    return {str(path.relative_to(root)): path.read_bytes() for path in paths if path.is_file()}


def redate(folder: Path, dates: list[str], **more: Any) -> None:
    path = folder / "throughput.jsonl"
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    for line, date in zip(lines, dates, strict=True):
        line["stamp"] |= {"date": date, **more}
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))


def test_the_newest_record_wins_and_quick_ones_do_not_count(root: Path, records: Path) -> None:
    for floors in (1.9, 1.3):
        measured(records, "filter_warm", floors)
    measured(records, "filter_warm", 0.7, quick=True)
    report.write(records, root)
    page = figures_of(root / "docs/benchmarks.md")
    assert headline_of(root, "`filter_warm`") == ["`filter_warm`", "1.30 × floor", "≤ 1.60", "✓"]
    assert "1.90" not in page
    assert "0.70" not in page


def test_the_date_decides_where_merged_lines_lie_in_another_order(root: Path, records: Path) -> None:
    for floors in (1.3, 1.9):
        measured(records, "filter_warm", floors)
    redate(records, ["2026-12-02T10:00:00+00:00", "2026-12-01T10:00:00+00:00"])
    report.write(records, root)
    assert headline_of(root, "`filter_warm`")[1] == "1.30 × floor"


def test_only_what_is_between_the_markers_changes(root: Path, records: Path) -> None:
    everything(records)
    report.write(records, root)
    for name in ("README.md", "docs/benchmarks.md"):
        text = (root / name).read_text()
        assert text.partition(START)[0] == README.partition(START)[0]
        assert text.partition(END)[2] == README.partition(END)[2]
        assert "by hand" not in text


def test_twice_gives_the_same_bytes(root: Path, records: Path) -> None:
    everything(records)
    report.write(records, root)
    once = written(root)
    assert len(once) == 6
    report.write(records, root)
    assert written(root) == once


def test_a_missed_target_is_marked(root: Path, records: Path) -> None:
    everything(records)
    report.write(records, root)
    assert headline_of(root, "`filter_warm` ") == ["`filter_warm`", "1.30 (1.25 to 1.40) × floor", "≤ 1.60", "✓"]
    assert headline_of(root, "`beauty_heavy`") == ["`beauty_heavy`", "2.30 × floor", "≤ 1.60", "**✗ missed**"]
    assert headline_of(root, "peak memory")[0] == "peak memory over idle (`filter_warm`, 1,000 photos)"
    assert headline_of(root, "peak memory")[3] == "**✗ missed**"


def test_headlines_state_the_worst_case_where_it_states_one(root: Path, records: Path) -> None:
    for preset, peak in {"filter_warm": 210.0, "beauty_heavy": 290.0, "filter_cool": 220.0}.items():
        case = {"what": "peak over idle", "preset": preset, "photos": 1000, "workers": 2}
        results.record("memory", case, [Figure("peak over idle", "MB", [peak], Target(300))], folder=records)
    for preset, speedup in {"filter_warm": 1.9, "beauty_heavy": 1.7}.items():
        figure = Figure("2 workers against 1", "×", [speedup], Target(1.85, least=True))
        results.record("scaling", {"what": "real workers", "preset": preset}, [figure], folder=records)
    report.write(records, root)
    assert headline_of(root, "peak memory")[1:] == ["290 MB", "≤ 300", "✓"]
    assert headline_of(root, "2 workers against 1")[1:] == ["1.70 ×", "≥ 1.85", "**✗ missed**"]


def test_headlines_state_the_lead_over_pyvips_and_the_best_of_the_others_for_each_look(
    root: Path, records: Path
) -> None:
    everything(records)
    lead = Figure("ours is faster by", "×", [0.95], Target(1, least=True))
    look = COLOURS["curves"].name
    case = {"look": look, "peer": "pillow", "with": "pillow 2", "workers": 2}
    results.record("peers", case, [lead, Figure("× floor", "×", [1.2])], folder=records)
    report.write(records, root)
    rows = [line for line in headlines_of(root) if line.startswith("| faster than")]
    assert rows == [
        f"| faster than pyvips ({look}) | 2.00 × | ≥ 1.80 | ✓ |",
        f"| faster than pyvips ({look}, saturation 0.2) | 2.00 × | ≥ 1.80 | ✓ |",
        f"| faster than pillow, the best of the others ({look}) | 0.95 × | ≥ 1.00 | **✗ missed** |",
        f"| faster than ray-data, the best of the others ({look}, saturation 0.2) | 1.10 × | ≥ 1.00 | ✓ |",
    ]
    assert "pillow 1" not in row_of(root / "docs/benchmarks.md", f"{look}, pillow")[0], "a library was updated"


def test_a_peer_whose_look_is_not_said_is_not_reported(root: Path, records: Path) -> None:
    everything(records)
    lead = Figure("ours is faster by", "×", [77.0])
    results.record("peers", {"peer": "pyvips-recomb", "preset": "filter_warm"}, [lead], folder=records)
    report.write(records, root)
    assert "77.0" not in figures_of(root / "README.md") + figures_of(root / "docs/benchmarks.md")


def test_the_page_has_cases_that_nobody_foresaw(root: Path, records: Path) -> None:
    for colour in ("red", "green|blue"):
        case = {"colour": colour, "tubes": 1, "weather": "fine"}
        results.record("unheard_of", case, [Figure("shine", "lm", [7.0])], folder=records)
    report.write(records, root)
    page = figures_of(root / "docs/benchmarks.md")
    assert "### Unheard of\n\n1 tube, fine.\n" in page, "what all cases share is said once"
    assert "| red | shine | 7.00 lm | | |" in page
    assert "| green\\|blue | shine |" in page
    assert figures_of(root / "README.md") == "\nby hand\n\n", "no plot that leads, no change"


def test_the_report_says_what_was_measured_on_when_and_with_which_code(root: Path, records: Path) -> None:
    measured(records, "filter_warm", 1.3)
    measured(records, "filter_cool", 1.3)
    redate(records, ["2026-12-01T10:00:00+00:00", "2026-12-03T10:00:00+00:00"], cpu="A CPU", cores=2, commit="abc")
    report.write(records, root)
    line = "Measured on A CPU with 2 cores; 2026-12-01 to 2026-12-03; commit abc."
    assert line in figures_of(root / "docs/benchmarks.md")
    results.record("startup", {"what": "serve"}, [Figure("cold", "s", [8.0])], folder=records)
    report.write(records, root)
    page = figures_of(root / "docs/benchmarks.md")
    assert "A CPU with 2 cores (throughput); " in page, "each machine with what it measured"


@pytest.mark.parametrize("name", ["README.md", "docs/benchmarks.md"])
@pytest.mark.parametrize("text", ["# No markers\n", README + README, README.replace(END, "")])
def test_a_document_without_one_place_for_figures_is_an_error(
    root: Path, records: Path, name: str, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    everything(records)
    (root / name).write_text(text)
    before = written(root)
    assert report.main(["--results", str(records), "--root", str(root)]) == 1
    said = capsys.readouterr().err
    assert name in said
    assert "put the lines `<!-- figures: -->` and `<!-- end of figures -->` once where the figures belong" in said
    assert written(root) == before, "nothing is written by halves"


def test_plots_are_pictures_that_the_documents_show(root: Path, records: Path) -> None:
    everything(records)
    report.write(records, root)
    shown = {path.stem: path for path in links_of(root / "docs/benchmarks.md")}
    assert set(shown) == {"floor", "peers", "memory", "percentiles"}
    assert {path.stem for path in links_of(root / "README.md")} == {"peers"}
    for path in shown.values():
        picture = ET.fromstring(path.read_bytes())  # noqa: S314
        assert picture.tag == "{http://www.w3.org/2000/svg}svg"
        assert len(list(picture.iter("{http://www.w3.org/2000/svg}path"))) > 20
        assert path.stat().st_size < 150_000
        assert b"prefers-color-scheme:dark" in path.read_bytes()
    (said,) = [line for line in figures_of(root / "README.md").splitlines() if "peers.svg" in line]
    assert "a filter, temperature 0.55: photobatch 1.30 × · 3.25 s; ray-data 1.43 ×" in said
    assert "a filter, temperature 0.55, saturation 0.2: photobatch 1.30 ×" in said, (
        "a panel a look, bars without versions"
    )


def test_a_plot_without_measurements_is_left_as_it_is_and_not_shown(root: Path, records: Path) -> None:
    (root / "docs/plots").mkdir()
    old = root / "docs/plots/memory.svg"
    old.write_bytes(b"older")
    measured(records, "filter_warm", 1.3)
    report.write(records, root)
    assert [path.stem for path in links_of(root / "docs/benchmarks.md")] == ["floor"]
    assert sorted(path.stem for path in old.parent.iterdir()) == ["floor", "memory"]
    assert old.read_bytes() == b"older"


def test_showing_prints_the_tables_and_writes_nothing(
    root: Path, records: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    everything(records)
    before = written(root)
    assert report.main(["--show", "--results", str(records), "--root", str(root)]) == 0
    said = capsys.readouterr().out
    for expected in ("filter_warm", "1.30 (1.25 to 1.40) × floor", "≤ 1.60", "gcs_server", "✗", "Measured on"):
        assert expected in said
    assert written(root) == before


@pytest.mark.parametrize("words", [[], ["--show"]])
def test_without_records_it_says_so(
    root: Path, records: Path, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    measured(records, "filter_warm", 1.3, quick=True)
    assert report.main([*words, "--results", str(records), "--root", str(root)]) == 0
    assert "no figures to report yet: run `python -m benchmarks` first" in " ".join(capsys.readouterr().out.split())
    assert figures_of(root / "README.md") == "\nby hand\n\n"


def test_brackets_in_a_case_are_shown_as_they_are(records: Path) -> None:
    results.record("startup", {"what": "a [bold] word"}, [Figure("cold", "s", [1.0])], folder=records)
    out = io.StringIO()
    report.display(records, Console(file=out, width=120))
    assert "a [bold] word" in out.getvalue()


def test_a_case_is_said_in_words() -> None:
    case = {"preset": "filter_warm", "photos": 100_000, "iso": "low", "workers": 1, "source": "files"}
    assert in_words(case) == "filter_warm, 100,000 photos, low ISO, 1 worker, files"


def test_the_documents_of_this_project_have_their_places() -> None:
    for name in ("README.md", "docs/benchmarks.md"):
        report.Document(report.ROOT / name).with_figures("anything")
