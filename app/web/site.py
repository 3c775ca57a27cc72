"""Put all pages on the Flask application that serves beside the contract's operations."""

from flask import Blueprint, Flask

from app.contract import published as contract_forms
from app.contract.document import Contract
from app.settings import Settings
from app.web import legal
from app.web.developers import published, start
from app.web.drivers.receipts import drivers


def register(flask: Flask, *, contract: Contract, settings: Settings) -> frozenset[str]:
    """Register every page; return the paths of the published forms, which programs read."""
    forms = contract_forms.forms(contract, public_url=settings.public_url)
    version = str(contract.document["info"]["version"])
    # Templates and the style sheet belong to all pages alike; this blueprint has no page of its own.
    flask.register_blueprint(
        Blueprint(
            "pages",
            __name__,
            template_folder="templates",
            static_folder="static",
            static_url_path="/assets",
        )
    )
    flask.register_blueprint(start.blueprint(contract, settings))
    flask.register_blueprint(published.blueprint(forms.values()))
    flask.register_blueprint(legal.blueprint(settings, version=version))
    flask.register_blueprint(drivers)
    return frozenset({published.LOGO_PATH, *(form.path for form in forms.values())})
