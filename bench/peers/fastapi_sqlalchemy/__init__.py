"""FastAPI, pydantic and SQLAlchemy, laid out as FastAPI's own tutorial does."""
