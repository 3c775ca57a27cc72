"""Put all pages on the Flask application that serves beside the contract's operations."""

from flask import Blueprint, Flask

from app.contract import published as contract_forms
from app.contract.document import Contract
from app.settings import Settings
from app.web import fixed, legal
from app.web.developers import published, start
from app.web.drivers import actions, sandbox_browsers
from app.web.drivers.downloads import downloads
from app.web.drivers.receipts import drivers

_ASSETS = {
    "park-graph.css": "text/css; charset=utf-8",
    "receipt.css": "text/css; charset=utf-8",
    "receipt.js": "text/javascript; charset=utf-8",
}


def register(flask: Flask, *, contract: Contract, settings: Settings) -> frozenset[str]:
    """Register every page; return the paths of the published forms, which programs read."""
    forms = [*contract_forms.forms(contract, public_url=settings.public_url).values(), published.logo()]
    version = str(contract.document["info"]["version"])
    flask.register_blueprint(_layout())
    flask.register_blueprint(start.blueprint(contract, settings))
    flask.register_blueprint(published.blueprint(forms))
    flask.register_blueprint(legal.blueprint(settings, version=version))
    flask.register_blueprint(drivers)
    flask.register_blueprint(actions.blueprint(contract))
    flask.register_blueprint(downloads)
    flask.register_blueprint(sandbox_browsers.browsers)
    return frozenset(form.path for form in forms)


def _layout() -> Blueprint:
    """Bring the templates, and the style sheets and scripts that pages load."""
    layout = Blueprint("layout", __name__, template_folder="templates")
    for name, media_type in _ASSETS.items():
        asset = fixed.from_file(name, path=f"/assets/{name}", media_type=media_type)
        layout.add_url_rule(asset.path, endpoint=name.replace(".", "_"), view_func=fixed.view(asset))
    return layout
