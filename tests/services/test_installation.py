"""What an installation is known by: made once, whoever asks first, on both databases."""

from uuid import UUID

import pytest

from app.services import installation
from app.settings import Settings
from tests.services.parking import in_parallel


def asked_by_a_new_process(settings: Settings) -> UUID:
    installation.configure(settings)
    return installation.identity()


@pytest.mark.usefixtures("services")
def test_an_installation_keeps_its_id(settings: Settings) -> None:
    assert asked_by_a_new_process(settings) == asked_by_a_new_process(settings)


@pytest.mark.usefixtures("services")
def test_two_processes_that_ask_first_at_once_are_one_installation(settings: Settings) -> None:
    ids, refusals = in_parallel(2, lambda: asked_by_a_new_process(settings))
    assert (len(set(ids)), refusals) == (1, [])
