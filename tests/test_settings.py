"""Settings: read once, and a wrong one is named in a sentence."""

from pathlib import Path
from uuid import UUID

import pytest

from app.domain.mail_relays import Relay
from app.settings import CANONICAL_URL, Settings, SettingsError, from_environment

PROJECT = "019d7968-bb00-76f0-8478-82e36b0d549b"


def test_nothing_set_gives_the_defaults() -> None:
    assert from_environment({}) == Settings()


def test_an_empty_variable_is_as_good_as_none() -> None:
    empty = {"PARKGRAPH_REDIS_URL": "", "PORT": "", "PARKGRAPH_PUBLIC_PROJECT": ""}
    assert from_environment(empty) == Settings()


def test_everything_lives_in_the_home_unless_it_is_told_otherwise() -> None:
    settings = from_environment({"PARKGRAPH_HOME": "/srv/park"})
    assert settings.database_url == "sqlite:////srv/park/parkgraph.sqlite3"
    assert settings.processor_path == Path("/srv/park/processor.sqlite3")
    assert settings.spool_path == Path("/srv/park/spool")


def test_pages_are_at_the_public_url_unless_they_are_told_otherwise() -> None:
    assert from_environment({}).pages_url == CANONICAL_URL
    here = from_environment({"PARKGRAPH_PUBLIC_URL": "https://parking.example/"})
    assert here.public_url == here.pages_url == "https://parking.example"
    assert (
        from_environment({"PARKGRAPH_PAGES_URL": "http://10.0.0.1:8080/"}).pages_url == "http://10.0.0.1:8080"
    )


def test_values_are_read_as_what_they_are() -> None:
    settings = from_environment(
        {
            "PORT": "0",
            "PARKGRAPH_REQUIRE_TLS": "yes",
            "PARKGRAPH_TRUSTED_PROXIES": "10.0.0.1, 10.0.0.2,",
            "PARKGRAPH_PUBLIC_PROJECT": PROJECT,
            "PARKGRAPH_LOG_LEVEL": "warning",
            "PARKGRAPH_BUDGET_SESSION_CREATION": "600",
        }
    )
    assert settings.port == 0
    assert settings.require_tls is True
    assert settings.trusted_proxies == ("10.0.0.1", "10.0.0.2")
    assert settings.public_project == UUID(PROJECT)
    assert settings.log_level == "WARNING"
    assert settings.budgets == {"session_creation": 600}


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("PORT", "65536"),
        ("PORT", "-1"),
        ("PORT", "eighty"),
        ("PARKGRAPH_THREADS", "2"),
        ("PARKGRAPH_GRACE_MINUTES", "0"),
        ("PARKGRAPH_GRACE_MINUTES", "٣"),
        ("PARKGRAPH_REQUIRE_TLS", "perhaps"),
        ("PARKGRAPH_PUBLIC_PROJECT", "mine"),
        ("PARKGRAPH_PAYMENTS_SANDBOX", "stripe-live"),
        ("PARKGRAPH_PAYMENTS_LIVE", "stripe-test"),
        ("PARKGRAPH_BUDGET_SEARCH", "many"),
        ("PARKGRAPH_LOG_LEVEL", "loud"),
        ("PARKGRAPH_DATABASE_URL", "mysql://somewhere/park"),
        ("PARKGRAPH_REDIS_URL", "memcached://somewhere"),
        ("PARKGRAPH_PUBLIC_URL", "parking.example"),
        ("PARKGRAPH_PUBLIC_URL", "ftp://parking.example"),
        ("PARKGRAPH_PUBLIC_URL", "https://"),
        ("PARKGRAPH_PUBLIC_URL", "https://parking.example/park"),
        ("PARKGRAPH_PUBLIC_URL", "https://parking.example:port"),
        ("PARKGRAPH_PAGES_URL", "https://parking.example/?a=b"),
        ("PARKGRAPH_PAGES_URL", "https://ada:secret@parking.example"),
        ("PARKGRAPH_MCP_ORIGINS", "agents.example"),
        ("PARKGRAPH_MCP_ORIGINS", "https://agents.example, https://agents.example/page"),
        ("PARKGRAPH_MCP_ORIGINS", "https://agents.example/"),
        ("PARKGRAPH_TRUSTED_PROXIES", "10.0.0.1, proxy.example"),
        ("PARKGRAPH_TRUSTED_PROXIES", "10.0.0.1/8"),
        ("PARKGRAPH_STRIPE_WEBHOOK_SECRETS", "whsec_one,sk_test_two"),
        ("PARKGRAPH_SMTP_URL", "http://relay.example"),
        ("PARKGRAPH_SMTP_URL", "smtp://"),
        ("PARKGRAPH_SMTP_URL", "smtp://relay.example:port"),
        ("PARKGRAPH_SMTP_URL", "smtp://relay.example/path"),
        ("PARKGRAPH_MAIL_FROM", "Park Graph <mail@parking.example>"),
        ("PARKGRAPH_MAIL_FROM", "pärk@parking.example"),
        ("PARKGRAPH_STRIPE_TEST_PUBLISHABLE_KEY", "sk_test_secret"),
        ("PARKGRAPH_STRIPE_LIVE_PUBLISHABLE_KEY", "pk_test_other"),
        ("PARKGRAPH_STRIPE_JS_URL", "http://js.stripe.com/v3/"),
        ("PARKGRAPH_STRIPE_JS_URL", "https://js.stripe.com/v3/'; script-src *"),
        ("PARKGRAPH_GRACE_MINUTE", "10"),
        ("PARKGRAPH_BUDGETS", "10"),
    ],
)
def test_a_wrong_value_names_its_variable(variable: str, value: str) -> None:
    with pytest.raises(SettingsError, match=variable):
        from_environment({variable: value})


def test_an_unknown_setting_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(SettingsError, match=r"^PARKGRAPH_SEED is no setting; there are PARKGRAPH_HOME, "):
        from_environment({"PARKGRAPH_SEED": "1", "PARKGRAPH_HOME": "var"})


def test_a_misspelt_setting_is_refused_with_the_one_that_is_meant() -> None:
    with pytest.raises(SettingsError, match=r"^PARKGRAPH_PROT is no setting; did you mean PARKGRAPH_PORT\?$"):
        from_environment({"PARKGRAPH_PROT": "1"})


def test_proxies_are_addresses_networks_or_everybody() -> None:
    everybody = {"PARKGRAPH_TRUSTED_PROXIES": "10.0.0.0/8, ::1, *"}
    assert from_environment(everybody).trusted_proxies == ("10.0.0.0/8", "::1", "*")


def test_a_refused_secret_is_never_quoted() -> None:
    with pytest.raises(SettingsError) as refused:
        from_environment({"PARKGRAPH_STRIPE_WEBHOOK_SECRETS": "sk_live_s3cret"})
    assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize(
    ("url", "relay"),
    [
        ("smtps://relay.example", Relay("relay.example", 465, "tls")),
        ("smtp://park:p%40ss@relay.example/", Relay("relay.example", 587, "starttls", "park", "p@ss")),
        ("smtp+plain://[::1]:2525", Relay("::1", 2525, "none")),
    ],
)
def test_a_mail_relay_is_one_address(url: str, relay: Relay) -> None:
    assert Relay.read(url) == relay
    read = from_environment({"PARKGRAPH_SMTP_URL": url, "PARKGRAPH_MAIL_FROM": "mail@parking.example"})
    assert (read.smtp_url, read.mail_from) == (url, "mail@parking.example")


def test_mail_through_a_relay_says_from_whom_it_comes() -> None:
    with pytest.raises(SettingsError, match="PARKGRAPH_SMTP_URL needs PARKGRAPH_MAIL_FROM"):
        from_environment({"PARKGRAPH_SMTP_URL": "smtps://relay.example"})


def test_a_refused_relay_never_quotes_its_password() -> None:
    with pytest.raises(SettingsError) as refused:
        from_environment({"PARKGRAPH_SMTP_URL": "smtp://park:s3cret@relay.example/path"})
    assert "s3cret" not in str(refused.value)


def test_a_refused_address_never_quotes_its_password() -> None:
    with pytest.raises(SettingsError) as refused:
        from_environment({"PARKGRAPH_DATABASE_URL": "mysql://park:s3cret@somewhere/park"})
    assert "s3cret" not in str(refused.value)


def test_a_secret_in_the_place_of_a_publishable_key_is_not_quoted() -> None:
    with pytest.raises(SettingsError) as refusal:
        from_environment({"PARKGRAPH_STRIPE_TEST_PUBLISHABLE_KEY": "sk_test_secret"})
    assert "sk_test_secret" not in str(refusal.value)
