"""parkgraph lots import: real lots, and a report that says line by line what is wrong."""

import re
import shutil
from pathlib import Path

import pytest

from tests.commands.conftest import Installation

NETHERLANDS = Path(__file__).parents[1] / "data" / "lots-netherlands.csv"
HEADING = "external_id,name,city,country,time_zone,currency,lat,lng,type,capacity,max_height_cm"
GOOD = "A1,Garage One,Utrecht,NL,Europe/Amsterdam,EUR,52.09,5.11,garage,100,200"


@pytest.fixture
def lots_file(tmp_path: Path) -> Path:
    path = tmp_path / "lots.csv"
    path.write_text(f"{HEADING}\n{GOOD}\n")
    return path


def test_the_netherlands_are_taken_whole(installation: Installation) -> None:
    report = installation.prints("lots", "import", str(NETHERLANDS))
    assert report.startswith("510 rows taken: 510 new, 0 changed, 0 as before. 0 errors, ")
    assert "\nColumns that are not known and were ignored: paid.\n" in report
    assert re.search(r"^48 +no city$", report, re.MULTILINE)
    again = installation.prints("lots", "import", str(NETHERLANDS))
    assert again.startswith("510 rows taken: 0 new, 0 changed, 510 as before. 0 errors, ")


def test_a_dry_run_says_the_same_and_writes_nothing(installation: Installation, lots_file: Path) -> None:
    rehearsed = installation.prints("lots", "import", str(lots_file), "--dry-run")
    assert rehearsed == "1 row would be taken: 1 new, 0 changed, 0 as before. 0 errors, 0 warnings."
    assert installation.prints("lots", "import", str(lots_file)).startswith("1 row taken: 1 new")


def test_every_fault_is_told_by_line_field_and_reason(installation: Installation, lots_file: Path) -> None:
    spoilt = [
        GOOD.replace("A1", "A2").replace("52.09", "95"),
        GOOD,
        GOOD.replace("A1", "A3").replace("Amsterdam", "Atlantis").replace("EUR", "GULDEN"),
        GOOD.replace("A1", "A4").replace("Utrecht", "").replace("200", "20"),
    ]
    lots_file.write_text("\n".join([HEADING, GOOD, *spoilt]) + "\n")
    report = installation.prints("lots", "import", str(lots_file))
    assert "2 rows taken: 2 new, 0 changed, 0 as before. 4 errors, 2 warnings." in report
    rows = [re.split(r"\s{2,}", line) for line in report.splitlines()]
    assert [row[:2] for row in rows if len(row) == 3 and row[0].isdigit()] == [
        ["3", "lat"],
        ["4", "external_id"],
        ["5", "time_zone"],
        ["5", "currency"],
        ["6", "city"],
        ["6", "max_height_cm"],
    ]
    assert ["1", "height under 150 cm"] in rows


def test_a_file_of_which_no_row_is_taken_is_a_failure(installation: Installation, lots_file: Path) -> None:
    lots_file.write_text(f"{HEADING}\n{GOOD.replace('garage', 'barn')}\n")
    refused = installation.run("lots", "import", str(lots_file))
    assert refused.returncode == 1
    assert refused.stdout.startswith("0 rows taken: 0 new, 0 changed, 0 as before. 1 error, 0 warnings.")
    assert refused.stderr == "Error: No row was taken, because each one has an error.\n"


def test_with_strict_one_error_keeps_everything_out(installation: Installation, lots_file: Path) -> None:
    lots_file.write_text(f"{HEADING}\n{GOOD}\n{GOOD.replace('A1', 'A2').replace('100', 'many')}\n")
    refused = installation.run("lots", "import", str(lots_file), "--strict")
    assert refused.returncode == 1
    assert "0 rows taken" in refused.stdout
    assert refused.stderr == "Error: Nothing was written, because the file has errors.\n"
    assert installation.prints("lots", "import", str(lots_file)).startswith("1 row taken: 1 new")


def test_lots_go_to_the_project_that_is_named(installation: Installation, lots_file: Path) -> None:
    operator_id = installation.prints("operators", "create", "Utrecht Parking")
    project_id = installation.prints("projects", "create", operator_id, "live lots")
    report = installation.prints("lots", "import", str(lots_file), "--project", project_id)
    assert report.startswith("1 row taken: 1 new")


def test_a_file_that_is_no_list_of_lots_is_one_sentence(installation: Installation, tmp_path: Path) -> None:
    letter = tmp_path / "letter.csv"
    letter.write_text("Dear aunt,\n")
    refusal = installation.refuses("lots", "import", str(letter))
    assert refusal.startswith("The file lacks these columns: external_id, name")
    assert "does not exist" in installation.refuses("lots", "import", str(tmp_path / "none.csv"))


def test_an_import_needs_a_sandbox_or_a_project(tmp_path: Path, seeded_home: Path, lots_file: Path) -> None:
    home = Path(shutil.copytree(seeded_home, tmp_path / "home"))
    (home / "sandbox.json").unlink()
    assert "parkgraph seed" in Installation(home).refuses("lots", "import", str(lots_file))
