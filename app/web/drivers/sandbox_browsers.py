"""Where drivers' browsers meet the embedded processor; with Stripe in its place there is nothing here."""

from flask import Blueprint, Response, make_response, request

from app.domain.errors import NotFound
from app.services import sandbox_browsers

browsers = Blueprint("sandbox_browsers", __name__, url_prefix="/stripe-sandbox")


@browsers.route("/<path:path>", methods=["GET", "POST"])
def processor(path: str) -> Response:
    """Hand a browser's request on; raise NotFound where the embedded processor is not in use."""
    application = sandbox_browsers.find()
    if application is None:
        raise NotFound("There is nothing at this path.")
    answer = Response.from_app(application, {**request.environ, "PATH_INFO": f"/{path}"})
    return make_response(answer)
