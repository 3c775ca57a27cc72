"""The commands on PostgreSQL, from a database that nobody has migrated to a key that has its own budget."""

from tests.commands.conftest import Installation


def test_a_database_is_migrated_seeded_and_looked_after(installation_on_postgres: Installation) -> None:
    park = installation_on_postgres
    assert park.refuses("keys", "list").endswith("Run: parkgraph migrate")
    park.prints("migrate")
    assert park.prints("migrate") == "The database is at this version."
    park.prints("seed")
    key_id = park.prints("keys", "list").splitlines()[1].split()[0]
    assert park.prints("keys", "limit", key_id, "search", "1000") == f"{key_id}: search 1000"
    assert park.prints("keys", "rotate", key_id).startswith("pk_test_")
