"""Paid stays: start, list, look up, extend, end."""

from collections.abc import Mapping
from datetime import datetime

from parkgraph.calls import call, optional
from parkgraph.models import Session, SessionPage, SessionStatus
from parkgraph.operations import (
    CREATE_SESSION,
    END_SESSION,
    EXTEND_SESSION,
    GET_SESSION,
    LIST_SESSIONS,
    SEARCH_SESSIONS,
)
from parkgraph.pages import AsyncPages
from parkgraph.readings import inside, whole
from parkgraph.resource import AsyncResource


class AsyncSessionsResource(AsyncResource):
    """Paid stays: start, list, look up, extend, end."""

    def list_sessions(
        self,
        *,
        lot_id: str | None = None,
        status: SessionStatus | str | None = None,
        started_after: datetime | None = None,
        started_before: datetime | None = None,
        end_user_id: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> AsyncPages[SessionPage, Session]:
        """List sessions, newest first.

        Answers the sessions that your project made and those in your own lots, by lot, status and time. Pass
        `next_cursor` as `cursor` for the next page; sessions that start meanwhile do not shift it.

        Args:
            lot_id: Only sessions in this lot.
            status: Only sessions of this status.
            started_after: Only sessions that started at this instant or later.
            started_before: Only sessions that started before this instant.
            end_user_id: Your stable, pseudonymous id of the person behind the call. Where the operator
                opted in, it has a budget of its own.
            limit: How many entries a page has at most. Iterating reads on, page after page.
            cursor: Where to begin: the `next_cursor` of a page. Left out, at the start; iterating needs
                none.
        """
        asked = call(
            LIST_SESSIONS,
            whole(SessionPage),
            query={
                "lot_id": lot_id,
                "status": status,
                "started_after": started_after,
                "started_before": started_before,
                "end_user_id": end_user_id,
                "limit": limit,
                "cursor": cursor,
            },
        )
        return AsyncPages(self._send, asked, entries=lambda page: page.data)

    async def create_session(
        self,
        *,
        lot_id: str,
        plate: str,
        duration_hours: float | None = None,
        payment_method: str | None = None,
        email: str | None = None,
        metadata: Mapping[str, str] | None = None,
        quote_id: str | None = None,
        end_user_id: str | None = None,
        idempotency_key: str | None = None,
    ) -> Session:
        """Start a paid parking session.

        Takes a space in a lot for a plate and opens a hold that the driver authorises on a device, or at once
        with `payment_method`. Fails with 402 if the card is declined, 403 if the lot takes no agents, 409 if
        it is full.

        Args:
            lot_id: The lot's id.
            plate: The license plate; capitals, spaces, hyphens and dots make no difference.
            duration_hours: How long the driver plans to stay; beyond the lot's longest stay, or what a
                card can pay, it is a 409.
            payment_method: A Stripe payment method that the driver's device tokenised before; the hold is
                then confirmed at once.
            email: Where the driver is reminded of the stay's end, and told what is still to be paid.
            metadata: Your own notes on the session, given back as they are. Never put personal data here.
            quote_id: A quote's id, as given by create_quote. Its price holds for a stay in that lot
                within its window.
            end_user_id: Your stable, pseudonymous id of the person behind the call. Never an email or a
                plate.
            idempotency_key: Your own name for this write, which repeats it safely for 7 days. Left out,
                one is made.
        """
        return await self._send(
            call(
                CREATE_SESSION,
                inside("session", Session),
                body={
                    "lot_id": lot_id,
                    "plate": plate,
                    **optional(
                        duration_hours=duration_hours,
                        payment_method=payment_method,
                        email=email,
                        metadata=metadata,
                        quote_id=quote_id,
                        end_user_id=end_user_id,
                    ),
                },
                idempotency_key=idempotency_key,
            )
        )

    def search_sessions(
        self,
        *,
        plate: str,
        started_after: datetime | None = None,
        started_before: datetime | None = None,
        end_user_id: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> AsyncPages[SessionPage, Session]:
        """Find sessions by plate.

        Answers every session of a plate that your project made or that was in your own lots, newest first, so
        that parking can be reconciled with card statements. Capitals, spaces, hyphens and dots in the plate
        do not matter.

        Args:
            plate: The license plate to look for.
            started_after: Only sessions that started at this instant or later.
            started_before: Only sessions that started before this instant.
            end_user_id: Your stable, pseudonymous id of the person behind the call. Where the operator
                opted in, it has a budget of its own.
            limit: How many entries a page has at most. Iterating reads on, page after page.
            cursor: Where to begin: the `next_cursor` of a page. Left out, at the start; iterating needs
                none.
        """
        asked = call(
            SEARCH_SESSIONS,
            whole(SessionPage),
            query={
                "plate": plate,
                "started_after": started_after,
                "started_before": started_before,
                "end_user_id": end_user_id,
                "limit": limit,
                "cursor": cursor,
            },
        )
        return AsyncPages(self._send, asked, entries=lambda page: page.data)

    async def get_session(self, session_id: str, *, end_user_id: str | None = None) -> Session:
        """Look up a session.

        Answers a session and the state of its payment. Only the project that made it and the lot's operator
        see it; for anyone else it is a 404. `client_secret` is there for the making project until the hold is
        authorised.

        Args:
            session_id: The session's id, as given by create_session.
            end_user_id: Your stable, pseudonymous id of the person behind the call. Where the operator
                opted in, it has a budget of its own.
        """
        return await self._send(
            call(
                GET_SESSION,
                inside("session", Session),
                path={"session_id": session_id},
                query={"end_user_id": end_user_id},
            )
        )

    async def extend_session(
        self,
        session_id: str,
        *,
        session_code: str,
        extend_hours: float,
        end_user_id: str | None = None,
        idempotency_key: str | None = None,
    ) -> Session:
        """Prolong a running session.

        Adds hours to a running session and holds more money. If the card allows no more without its driver,
        it is a 402 with a link for the driver, and the session goes on as planned. Wrong code 404; beyond the
        lot's longest stay, or ended, 409.

        Args:
            session_id: The session's id, as given by create_session.
            session_code: The session's short code, made to be read out; it has no i, l, o and 0.
            extend_hours: How many hours to add; beyond the lot's longest stay, or what a card can pay, it
                is a 409.
            end_user_id: Your stable, pseudonymous id of the person behind the call. Never an email or a
                plate.
            idempotency_key: Your own name for this write, which repeats it safely for 7 days. Left out,
                one is made.
        """
        return await self._send(
            call(
                EXTEND_SESSION,
                inside("session", Session),
                path={"session_id": session_id},
                body={
                    "session_code": session_code,
                    "extend_hours": extend_hours,
                    **optional(end_user_id=end_user_id),
                },
                idempotency_key=idempotency_key,
            )
        )

    async def end_session(
        self,
        session_id: str,
        *,
        session_code: str,
        end_user_id: str | None = None,
        idempotency_key: str | None = None,
    ) -> Session:
        """End and capture a session.

        Ends a session, captures what the stay cost and releases the rest of the hold. Needs the session's
        code beside its id; a wrong code is a 404, an ended session a 409. After a 502 retry: not a second
        more is billed.

        Args:
            session_id: The session's id, as given by create_session.
            session_code: The session's short code, made to be read out; it has no i, l, o and 0.
            end_user_id: Your stable, pseudonymous id of the person behind the call. Never an email or a
                plate.
            idempotency_key: Your own name for this write, which repeats it safely for 7 days. Left out,
                one is made.
        """
        return await self._send(
            call(
                END_SESSION,
                inside("session", Session),
                path={"session_id": session_id},
                body={"session_code": session_code, **optional(end_user_id=end_user_id)},
                idempotency_key=idempotency_key,
            )
        )
