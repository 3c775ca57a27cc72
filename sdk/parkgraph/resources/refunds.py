"""Captured money that goes back to the driver."""

from decimal import Decimal

from parkgraph.calls import call, optional
from parkgraph.models import Refund, RefundPage, RefundReason
from parkgraph.operations import CREATE_REFUND, LIST_REFUNDS
from parkgraph.pages import Pages
from parkgraph.readings import inside, whole
from parkgraph.resource import Resource


class RefundsResource(Resource):
    """Captured money that goes back to the driver."""

    def list_refunds(
        self, session_id: str, *, limit: int | None = None, cursor: str | None = None
    ) -> Pages[RefundPage, Refund]:
        """List a session's refunds.

        Answers the refunds of one session, newest first, for whoever may see the session. Those that wait for
        the payment processor are pending, those that it refused have failed. Pass `next_cursor` as `cursor`
        to go on.

        Args:
            session_id: The session's id, as given by create_session.
            limit: How many entries a page has at most. Iterating reads on, page after page.
            cursor: Where to begin: the `next_cursor` of a page. Left out, at the start; iterating needs
                none.
        """
        asked = call(
            LIST_REFUNDS,
            whole(RefundPage),
            path={"session_id": session_id},
            query={"limit": limit, "cursor": cursor},
        )
        return Pages(self._send, asked, entries=lambda page: page.data)

    def create_refund(
        self,
        session_id: str,
        *,
        amount: Decimal | float | None = None,
        reason: RefundReason | str | None = None,
        end_user_id: str | None = None,
        idempotency_key: str | None = None,
    ) -> Refund:
        """Give captured money back.

        Returns what a session's driver paid, or part of it, and the operator's share shrinks with it. Only
        the lot's operator may. Never more than was captured: that is a 409, as is a session of which nothing
        was captured.

        Args:
            session_id: The session's id, as given by create_session.
            amount: How much to give back, in major units of the session's currency; all that is left, if
                left out.
            reason: Why the money goes back.
            end_user_id: Your stable, pseudonymous id of the person behind the call. Never an email or a
                plate.
            idempotency_key: Your own name for this write, which repeats it safely for 7 days. Left out,
                one is made.
        """
        return self._send(
            call(
                CREATE_REFUND,
                inside("refund", Refund),
                path={"session_id": session_id},
                body=optional(amount=amount, reason=reason, end_user_id=end_user_id),
                idempotency_key=idempotency_key,
            )
        )
