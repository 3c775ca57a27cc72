"""parkgraph migrate and seed: a home from nothing, once."""

import json
import sqlite3
import stat
from pathlib import Path

from tests.commands.conftest import Installation
from tests.servers import parkgraph


def test_migrating_an_empty_home_makes_a_database_and_no_sandbox(tmp_path: Path) -> None:
    assert parkgraph(tmp_path / "new", "migrate").returncode == 0
    assert {path.name.split(".")[0] for path in (tmp_path / "new").iterdir()} == {"parkgraph"}
    assert parkgraph(tmp_path / "new", "migrate").stdout == "The database is at this version.\n"


def test_seeding_writes_a_file_for_its_owner_only(installation: Installation) -> None:
    path = installation.home / "sandbox.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    facts = json.loads(path.read_text())
    assert facts["url"] == "http://127.0.0.1:8080"
    assert facts["api_key"].startswith("pk_test_")
    assert facts["operator_key"].startswith("pk_test_")
    assert facts["api_key"] != facts["operator_key"]


def test_the_seeded_world_holds_the_two_lots_of_the_reference(installation: Installation) -> None:
    with sqlite3.connect(installation.home / "parkgraph.sqlite3") as database:
        lots = database.execute(
            "SELECT name, free FROM lots JOIN lot_availability ON lot_id = lots.id ORDER BY name"
        ).fetchall()
    database.close()
    assert ("Lionshead Public Parking", 87) in lots
    assert ("Vail Village Lifthouse Lot", 12) in lots
    assert 20 <= len(lots) <= 26


def test_seeding_again_keeps_the_keys(installation: Installation) -> None:
    before = installation.sandbox
    installation.prints("seed")
    assert installation.sandbox == before


def test_a_lost_file_is_not_replaced_behind_anybodys_back(installation: Installation) -> None:
    before = installation.sandbox
    (installation.home / "sandbox.json").unlink()
    refusal = installation.refuses("seed")
    assert "sandbox.json is gone, and the keys in it stand nowhere else." in refusal
    assert installation.refuses("run", PORT="0") == refusal
    installation.prints("seed", "--replace")
    assert installation.sandbox.project_id != before.project_id


def test_a_damaged_file_is_not_replaced_either(installation: Installation) -> None:
    path = installation.home / "sandbox.json"
    path.write_text("{")
    assert "is damaged, and its keys stand nowhere else." in installation.refuses("run", PORT="0")
    assert path.read_text() == "{"


def test_a_file_of_another_database_is_one_sentence_and_touches_nothing(
    installation: Installation, tmp_path: Path
) -> None:
    elsewhere = {"PARKGRAPH_DATABASE_URL": f"sqlite:///{tmp_path / 'other.sqlite3'}", "PORT": "0"}
    before = installation.sandbox
    refusal = installation.refuses("run", **elsewhere)
    assert refusal == (
        f"{installation.home}/sandbox.json belongs to another database: sandbox {before.project_id} is not "
        "in this one. Set PARKGRAPH_DATABASE_URL back, or make a new sandbox with: parkgraph seed --replace"
    )
    assert installation.refuses("seed", **elsewhere) == refusal
    assert installation.refuses("keys", "list", **elsewhere) == refusal
    assert installation.sandbox == before
    assert installation.run("seed", "--replace", **elsewhere).returncode == 0
    assert installation.sandbox.project_id != before.project_id


def test_seeding_that_was_cut_short_is_taken_up_again(installation: Installation) -> None:
    (installation.home / "sandbox.json").rename(installation.home / "sandbox.json.part")
    installation.prints("seed")
    assert installation.sandbox.api_key.startswith("pk_test_")
    assert not (installation.home / "sandbox.json.part").exists()


def test_a_database_of_a_newer_version_is_refused_by_every_command(installation: Installation) -> None:
    with sqlite3.connect(installation.home / "parkgraph.sqlite3") as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    database.close()
    sentences = {installation.refuses(*words) for words in (["migrate"], ["keys", "list"], ["serve"])}
    assert sentences == {"The database is at revision 9999, made by a newer version of Park Graph."}
    assert installation.refuses("run", PORT="0") in sentences


def test_a_database_that_was_not_migrated_names_the_command(tmp_path: Path) -> None:
    (tmp_path / "parkgraph.sqlite3").touch()
    refused = parkgraph(tmp_path, "keys", "list")
    assert refused.returncode == 1
    assert (
        refused.stderr == "Error: The database is not at this version of Park Graph. Run: parkgraph migrate\n"
    )


def test_a_command_that_only_looks_makes_no_home_and_no_database(tmp_path: Path) -> None:
    refused = parkgraph(tmp_path / "none", "keys", "list")
    assert refused.returncode == 1
    assert refused.stderr == (
        f"Error: There is no Park Graph database in {tmp_path / 'none'} ({tmp_path / 'none'}). "
        "Name its home with PARKGRAPH_HOME, or make one with: parkgraph migrate\n"
    )
    elsewhere = f"sqlite:///{tmp_path / 'lost.sqlite3'}"
    refused = parkgraph(tmp_path / "none", "trace", f"req_{'0' * 32}", PARKGRAPH_DATABASE_URL=elsewhere)
    assert "Name it with PARKGRAPH_DATABASE_URL, or make one with: parkgraph migrate" in refused.stderr
    assert list(tmp_path.iterdir()) == []


def test_what_we_make_is_its_owners_alone(tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert parkgraph(home, "seed").returncode == 0
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert {path.name: stat.S_IMODE(path.stat().st_mode) & 0o077 for path in home.iterdir()} == {
        path.name: 0 for path in home.iterdir()
    }


def test_a_file_that_is_no_database_is_said_to_be_none(tmp_path: Path) -> None:
    (tmp_path / "parkgraph.sqlite3").write_text("This is a letter to my aunt. " * 100)
    refused = parkgraph(tmp_path, "migrate")
    assert (
        refused.stderr
        == "Error: The database (PARKGRAPH_DATABASE_URL) cannot be used: file is not a database\n"
    )


def test_a_home_that_cannot_be_written_to_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    refused = parkgraph(tmp_path / "file" / "home", "run", PORT="0")
    assert refused.returncode == 1
    assert refused.stderr.startswith(
        f"Error: Park Graph cannot write to its home {tmp_path / 'file' / 'home'} ("
    )
    assert len(refused.stderr.splitlines()) == 1


def test_a_wrong_setting_is_named(tmp_path: Path) -> None:
    refused = parkgraph(tmp_path, "run", PARKGRAPH_GRACE_MINUTES="soon")
    assert (
        refused.stderr == "Error: PARKGRAPH_GRACE_MINUTES is 'soon'; it must be a whole number from 1 on.\n"
    )
