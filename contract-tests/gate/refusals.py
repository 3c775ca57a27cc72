"""What a refusal looks like, for every witness of one."""

import httpx


def refused(answer: httpx.Response, status: int, *fields: str, code: str | None = None) -> None:
    """Require a refusal that names these fields."""
    assert answer.status_code == status, answer.text
    error = answer.json()["error"]
    assert [detail["field"] for detail in error.get("details", [])] == list(fields), answer.text
    assert code in (None, error["code"])
