"""Park Graph: the server."""

import warnings

# Connexion 3.3 imports Starlette's test client with its applications and jsonschema's old resolver with its
# loader; both warn of their own future as they are imported, which nobody who runs this server can act on.
warnings.filterwarnings("ignore", message="Using `httpx` with `starlette.testclient` is deprecated")
warnings.filterwarnings("ignore", message=r"jsonschema\.(exceptions\.)?Ref\w+ is deprecated")
