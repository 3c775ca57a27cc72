"""Pages alone, without the chain in front of them."""

from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.contract.document import Contract
from app.settings import Settings
from app.web import site
from tests.conftest import SetClock
from tests.services.world import World, make_world


@pytest.fixture(scope="session")
def contract() -> Contract:
    """Read the written contract."""
    return Contract.read()


@pytest.fixture
def pages(contract: Contract, tmp_path: Path) -> FlaskClient:
    """Ask for pages of a server that calls itself https://parking.example."""
    flask = Flask("pages")
    flask.testing = True
    here = "https://parking.example"
    settings = Settings(home=tmp_path, public_url=here, pages_url=here, grace_minutes=7)
    site.register(flask, contract=contract, settings=settings)
    return flask.test_client()


@pytest.fixture
def world(services: None, time: SetClock) -> World:
    """Play in a sandbox whose drivers do nothing by themselves."""
    world = make_world()
    world.driver_stays_away()
    return world
