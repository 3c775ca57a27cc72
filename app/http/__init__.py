"""The contract at work on a request: one chain of small ASGI middlewares around Connexion and Flask."""

import warnings

# Connexion imports Starlette's test client along with its applications; that warns about its own transport.
warnings.filterwarnings("ignore", message="Using `httpx` with `starlette.testclient` is deprecated")
