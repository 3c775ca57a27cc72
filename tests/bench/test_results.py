"""Results are kept, read again, judged and drawn."""

from pathlib import Path
from xml.etree import ElementTree

from bench import plots, results
from bench.load.rounds import Figures
from bench.results import Goal, Line, Report, Row


def report() -> Report:
    def row(server: str, per_second: float) -> Row:
        return Row("SQLite", server, Figures(per_second, p50_ms=2.0, p99_ms=9.5, longest_ms=40, cpu_us=800))

    line = Line(
        "search",
        "Search & find",
        [row("Park Graph", 1200), row("FastAPI", 1000)],
        [
            Goal("requests per second / FastAPI's", 1.2, 1.2, at_least=True, quartiles=(1.1, 1.3)),
            Goal("p99 / FastAPI's", 1.01, 1.0, at_least=False),
        ],
    )
    return Report([line])


def test_a_report_that_was_kept_is_read_as_it_was(tmp_path: Path) -> None:
    made = report()
    results.save(made, folder=tmp_path)
    assert results.load(tmp_path) == made


def test_a_line_that_is_measured_again_takes_the_place_of_its_last_time(tmp_path: Path) -> None:
    for line in (Line("create", "Creating"), Line("search", "Finding"), Line("create", "Creating again")):
        results.keep(line, order=["search", "create"], folder=tmp_path)
    assert [line.title for line in results.load(tmp_path).lines] == ["Finding", "Creating again"]


def test_each_goal_says_whether_it_is_met() -> None:
    text = results.text(report())
    assert "requests per second / FastAPI's: 1.20 (1.10 to 1.30), at least 1.2: met" in text
    assert "p99 / FastAPI's: 1.01, at most 1: MISSED" in text


def test_pictures_are_sound_and_show_every_server(tmp_path: Path) -> None:
    drawn = plots.save(report(), folder=tmp_path)
    assert drawn == ["search-rate.svg", "search-p99.svg"]
    for name in drawn:
        words = "".join(ElementTree.parse(tmp_path / name).getroot().itertext())
        assert "Park Graph" in words
        assert "FastAPI" in words
