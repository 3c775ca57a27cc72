"""What parking costs."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from parkgraph.calls import call, optional
from parkgraph.models import Quote, RateBand, Rates, RateStep
from parkgraph.operations import CREATE_QUOTE, GET_RATES, SET_RATES
from parkgraph.readings import inside
from parkgraph.resource import Resource


class RatesResource(Resource):
    """What parking costs."""

    def get_rates(self, lot_id: str, *, end_user_id: str | None = None) -> Rates:
        """Read a lot's rates.

        Answers what parking costs: the hourly rate now, the week's bands, fees, steps, free minutes, daily
        maximum, and one sentence to read out. All amounts are in major units of the currency, tax included.
        An unknown lot is a 404.

        Args:
            lot_id: The lot's id, as given by search_lots.
            end_user_id: Your stable, pseudonymous id of the person behind the call. Where the operator
                opted in, it has a budget of its own.
        """
        return self._send(
            call(
                GET_RATES, inside("rates", Rates), path={"lot_id": lot_id}, query={"end_user_id": end_user_id}
            )
        )

    def create_quote(
        self,
        lot_id: str,
        *,
        starts_at: datetime | None = None,
        duration_hours: float | None = None,
        end_user_id: str | None = None,
        idempotency_key: str | None = None,
    ) -> Quote:
        """Quote the price of a stay.

        Says what a stay will cost, line by line, and holds the price: a session that starts with `quote_id`
        before `expires_at` and ends by `ends_at` costs `total`, also if it ends sooner. A stay that is too
        long or too dear, or a lot without rates, is a 409.

        Args:
            lot_id: The lot's id, as given by search_lots.
            starts_at: When the stay begins, within the next 31 days; now, if left out (RFC 3339, UTC).
            duration_hours: How long the driver plans to stay; beyond the lot's longest stay, or what a
                card can pay, it is a 409.
            end_user_id: Your stable, pseudonymous id of the person behind the call. Never an email or a
                plate.
            idempotency_key: Your own name for this write, which repeats it safely for 7 days. Left out,
                one is made.
        """
        return self._send(
            call(
                CREATE_QUOTE,
                inside("quote", Quote),
                path={"lot_id": lot_id},
                body=optional(starts_at=starts_at, duration_hours=duration_hours, end_user_id=end_user_id),
                idempotency_key=idempotency_key,
            )
        )

    def set_rates(
        self,
        lot_id: str,
        *,
        rate: Decimal | float,
        free_minutes: int | None = None,
        free_cancellation_minutes: int | None = None,
        daily_maximum: Decimal | float | None = None,
        minimum_charge: Decimal | float | None = None,
        flat_fee: Decimal | float | None = None,
        increment_minutes: int | None = None,
        steps: Sequence[RateStep] | None = None,
        bands: Sequence[RateBand] | None = None,
        holidays: Sequence[date] | None = None,
        idempotency_key: str | None = None,
    ) -> Rates:
        """Set a lot's rates.

        Replaces what parking in one of your lots costs, for sessions that start from now on; a running one
        keeps its rates. What is left out is not part of them. Amounts with more decimals than the currency
        has, steps out of order and bands that overlap are a 400, another operator's lot a 404.

        Args:
            lot_id: The lot's id, as given by search_lots.
            rate: The price of one hour at this moment, tax included, in major units.
            free_minutes: How many minutes from the start of every stay cost nothing; none, if left out.
            free_cancellation_minutes: Whoever ends a session within so many minutes of its start pays
                nothing; nobody, if left out.
            daily_maximum: The most that 24 hours from the start cost. Leave it out for no maximum.
            minimum_charge: The least that a paid stay costs, at most the daily maximum. Leave it out for
                no minimum.
            flat_fee: What is due once, beside the price of the time; that of a band for each of its days
                or nights.
            increment_minutes: Time is billed in whole ones, a started one whole. Without it, in
                hundredths of an hour, half-up.
            steps: What an hour costs after a while, instead of `rate`; each step later than the one
                before.
            bands: Hours of the week with a rate of their own, instead of `rate`. No two may hold at the
                same time.
            holidays: The days on which only bands of `holiday` begin.
            idempotency_key: Your own name for this write, which repeats it safely for 7 days. Left out,
                one is made.
        """
        return self._send(
            call(
                SET_RATES,
                inside("rates", Rates),
                path={"lot_id": lot_id},
                body={
                    "rate": rate,
                    **optional(
                        free_minutes=free_minutes,
                        free_cancellation_minutes=free_cancellation_minutes,
                        daily_maximum=daily_maximum,
                        minimum_charge=minimum_charge,
                        flat_fee=flat_fee,
                        increment_minutes=increment_minutes,
                        steps=steps,
                        bands=bands,
                        holidays=holidays,
                    ),
                },
                idempotency_key=idempotency_key,
            )
        )
