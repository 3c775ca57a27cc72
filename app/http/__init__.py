"""The contract at work on a request: one chain of small ASGI middlewares around Connexion and Flask."""
