"""Where an event may be sent."""

import pytest

from app.domain.errors import BadRequest
from app.domain.webhook_targets import Reach, Target, is_public, may_connect, parse, reach_of

LIVE = reach_of("live", own_machine=True)
SANDBOX = reach_of("sandbox", own_machine=False)
AT_HOME = reach_of("sandbox", own_machine=True)


def refusal(url: str, reach: Reach = LIVE) -> str:
    with pytest.raises(BadRequest) as refused:
        parse(url, reach)
    [detail] = refused.value.details
    assert detail.field == "url"
    return detail.message


def test_an_address_is_taken_apart() -> None:
    assert parse("https://Hooks.Example.com:8443/park?lot=1", LIVE) == Target(
        "https", "hooks.example.com", 8443, "/park?lot=1"
    )
    assert parse("https://hooks.example.com", LIVE).resource == "/"
    assert parse("https://hooks.example.com?lot=1", LIVE).resource == "/?lot=1"


def test_the_host_header_names_a_port_that_is_not_the_usual_one() -> None:
    assert parse("https://hooks.example.com/", LIVE).authority == "hooks.example.com"
    assert parse("https://hooks.example.com:8443/", LIVE).authority == "hooks.example.com:8443"
    assert parse("https://[2606:4700::1111]:8443/", LIVE).authority == "[2606:4700::1111]:8443"


def test_a_live_project_sends_over_https_only() -> None:
    assert "https" in refusal("http://hooks.example.com/")
    assert parse("http://hooks.example.com/", SANDBOX).port == 80


def test_the_own_machine_is_reached_by_sandboxes_and_only_where_the_installation_says_so() -> None:
    for host in ("localhost", "127.0.0.1", "[::1]"):
        assert parse(f"http://{host}:9000/hook", AT_HOME).is_own_machine
        for reach in (LIVE, SANDBOX):
            assert refusal(f"http://{host}:9000/hook", reach)
            assert refusal(f"https://{host}/hook", reach)
    for host in ("127.0.0.2", "[::ffff:127.0.0.1]", "10.0.0.1", "0.0.0.0", "hooks.localhost", "127.1"):
        assert refusal(f"http://{host}/hook", AT_HOME)
    assert refusal("http://localhost:0/", AT_HOME)
    assert refusal("http://localhost:65536/", AT_HOME)


def test_the_own_machine_is_never_what_a_public_name_stands_for_nor_the_other_way_round() -> None:
    own, public = parse("http://localhost:9000/", AT_HOME), parse("https://hooks.example.com/", AT_HOME)
    assert may_connect(own, ["127.0.0.1", "::1"])
    assert not may_connect(own, ["127.0.0.1", "93.184.215.14"])
    assert not may_connect(own, ["nowhere"])
    assert may_connect(public, ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"])
    assert not may_connect(public, ["127.0.0.1"])
    assert not may_connect(public, ["93.184.215.14", "10.0.0.1"])
    assert not may_connect(public, [])


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "1.1.1.1", "93.184.215.14", "2606:4700:4700::1111", "2a00::1"]
)
def test_what_is_public_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address", ["", "hooks.example.com", "fe80::1%eth0", "2606:4700::1%eth0", "8.8.8.8 ", "1"]
)
def test_what_is_no_plain_address_is_not_public(address: str) -> None:
    assert not is_public(address)
