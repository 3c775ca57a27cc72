"""The links under which drivers see their sessions."""

from app.presenters.sessions import SessionFacts


def link(facts: SessionFacts) -> str:
    return f"/r/{facts.session.receipt_token}"
