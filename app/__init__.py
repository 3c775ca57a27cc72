"""Park Graph: the server."""

import warnings

# Connexion imports Starlette's test client; what that would rather stand on is no operator's concern.
warnings.filterwarnings("ignore", message="Using `httpx` with `starlette.testclient`")
