"""The processor as browsers meet it: the script of its card form, and what a page's key may ask.

A secret key is refused here, and so is everything that Stripe keeps from browsers. The 3-D Secure challenge,
which Stripe shows in a frame of the bank's, is a dialog of the script; it is answered with the client secret.
"""

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from stripe_sandbox import forms, keys, wsgi
from stripe_sandbox.api import Answer, Api
from stripe_sandbox.refusals import Invalid, Refusal, Thing

Authenticate = Callable[[str, str, str, bool], Thing]
"""Takes world, PaymentIntent, client secret, and whether the driver passes; returns the PaymentIntent."""

_HERE = Path(__file__).parent
_FILES = {
    "/v3/stripe.js": ("stripe.js", "text/javascript; charset=utf-8"),
    "/v3/elements.css": ("elements.css", "text/css; charset=utf-8"),
}
_CHALLENGE = re.compile(r"/v1/payment_intents/(\w+)/authenticate")


def application(api: Api, authenticate: Authenticate) -> WSGIApplication:
    """Make the WSGI application that pages load from and talk to."""
    files = {path: (_HERE / name).read_bytes() for path, (name, _) in _FILES.items()}

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path in files and environ["REQUEST_METHOD"] == "GET":
            return _send_file(files[path], _FILES[path][1], start_response)
        try:
            world = _world_of(environ)
            told = _CHALLENGE.fullmatch(path)
            if told and environ["REQUEST_METHOD"] == "POST":
                return wsgi.send(_challenged(world, told[1], environ, authenticate), start_response)
        except Refusal as refusal:
            return wsgi.send(Answer(refusal.status, refusal.body()), start_response)
        return wsgi.send(api.answer(wsgi.request(environ)), start_response)

    return answer


def _world_of(environ: WSGIEnvironment) -> str:
    caller = keys.identify(environ.get("HTTP_AUTHORIZATION", ""))
    if not caller.publishable:
        raise Refusal("Browsers use a publishable API key; a secret key has no place here.", status=401)
    return caller.world


def _challenged(world: str, intent: str, environ: WSGIEnvironment, authenticate: Authenticate) -> Answer:
    form = forms.read(wsgi.request(environ).form)
    if form.get("outcome") not in ("complete", "fail"):
        raise Invalid("Send outcome=complete or outcome=fail.", param="outcome")
    secret = str(form.get("client_secret", ""))
    return Answer(200, authenticate(world, intent, secret, form["outcome"] == "complete"))


def _send_file(body: bytes, content_type: str, start_response: StartResponse) -> Iterable[bytes]:
    headers = [
        ("Content-Type", content_type),
        ("Content-Length", str(len(body))),
        ("Cache-Control", "public, max-age=300"),
        wsgi.NOTICE,
    ]
    start_response("200 OK", headers)
    return [body]
