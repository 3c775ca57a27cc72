"""Put all pages on the Flask application that serves beside the contract's operations."""

from flask import Blueprint, Flask

from app.contract import published as contract_forms
from app.contract.document import Contract
from app.settings import Settings
from app.web import fixed, legal
from app.web.developers import published, start
from app.web.drivers.receipts import drivers


def register(flask: Flask, *, contract: Contract, settings: Settings) -> frozenset[str]:
    """Register every page; return the paths of the published forms, which programs read."""
    forms = [*contract_forms.forms(contract, public_url=settings.public_url).values(), published.logo()]
    version = str(contract.document["info"]["version"])
    flask.register_blueprint(_layout())
    flask.register_blueprint(start.blueprint(contract, settings))
    flask.register_blueprint(published.blueprint(forms))
    flask.register_blueprint(legal.blueprint(settings, version=version))
    flask.register_blueprint(drivers)
    return frozenset(form.path for form in forms)


def _layout() -> Blueprint:
    """Bring the templates and the style sheet, which all pages share."""
    layout = Blueprint("layout", __name__, template_folder="templates")
    sheet = fixed.from_file(
        "park-graph.css", path="/assets/park-graph.css", media_type="text/css; charset=utf-8"
    )
    layout.add_url_rule(sheet.path, endpoint="sheet", view_func=fixed.view(sheet))
    return layout
