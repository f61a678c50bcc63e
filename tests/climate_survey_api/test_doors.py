"""Who guesses is made to wait, behind whatever proxy he is; nobody else is, and nothing of it grows or is told."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from climate_survey_api import doors as module
from climate_survey_api.doors import MOST_ADDRESSES, MOST_MISSES, Doors
from climate_survey_api.errors import KnocksTooOften
from climate_survey_api.networks import address_in, asker, household, networks_in
from shared.errors import ServiceError

NOBODY = networks_in("")
PROXIES = networks_in("10.0.0.0/8, fd00::/8")
ATTACKER, SCHOOL, PROXY = "203.0.113.7", "198.51.100.1", "10.0.0.2"


class Clock:
    """Seconds that a test lets go by."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        """The seconds by now."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def doors(clock: Clock) -> Doors:
    return Doors(NOBODY, MOST_MISSES, clock)


def request(peer: str | None, **headers: str) -> Request:
    """A request from this peer."""
    listed = [(name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in headers.items()]
    return Request({"type": "http", "client": None if peer is None else (peer, 4711), "headers": listed})


def guess(doors: Doors, asked: Request, times: int) -> int:
    """Knock so often with codes that are none; how often the door was opened to look."""
    opened = 0
    for _ in range(times):
        try:
            doors.ensure_welcome(asked)
        except KnocksTooOften:
            continue
        opened += 1
        doors.knocked(asked)
    return opened


class Missed(ServiceError):
    """There is nothing behind this."""


def test_who_asks_a_thousand_at_once_learns_no_more_than_who_asks_one_by_one(doors: Doors) -> None:
    asked = request(ATTACKER)
    under_way = [doors.watching(asked, for_misses=Missed) for _ in range(1_000)]
    for one in under_way:
        doors.ensure_welcome(asked)
        one.__enter__()
    learnt = 0
    for one in under_way[:-2]:
        try:
            learnt += not one.__exit__(Missed, Missed(), None)
        except KnocksTooOften:
            continue
    assert learnt == MOST_MISSES
    # Nor that the last ones are codes, used or not.
    with pytest.raises(KnocksTooOften):
        under_way[-2].__exit__(None, None, None)
    with pytest.raises(KnocksTooOften):
        under_way[-1].__exit__(ServiceError, ServiceError(), None)
    with doors.watching(request(SCHOOL), for_misses=Missed):
        pass


def test_three_hundred_misses_are_looked_at_and_then_no_more_within_the_minute(doors: Doors, clock: Clock) -> None:
    attacker = request(ATTACKER)

    assert guess(doors, attacker, 350) == 300
    clock.now += 59.9
    assert guess(doors, attacker, 10) == 0
    clock.now += 0.2
    assert guess(doors, attacker, 1_000) == 300


def test_a_minute_slides_so_that_no_edge_of_it_lets_twice_as_many_in(doors: Doors, clock: Clock) -> None:
    attacker = request(ATTACKER)
    looked_at = []
    for second in range(600):
        clock.now = 1_000.0 + second
        looked_at += [second] * guess(doors, attacker, 7)

    for start in range(540):
        assert sum(start <= second < start + 60 for second in looked_at) <= MOST_MISSES


def test_who_is_refused_is_told_when_to_come_again(doors: Doors, clock: Clock) -> None:
    attacker = request(ATTACKER)
    guess(doors, attacker, 300)
    clock.now += 17.5

    with pytest.raises(KnocksTooOften) as refused:
        doors.ensure_welcome(attacker)

    assert (refused.value.status, refused.value.headers) == (429, {"Retry-After": "43"})
    assert ATTACKER not in str(refused.value.problem())
    clock.now += 43
    doors.ensure_welcome(attacker)


def test_nobody_else_is_kept_out(doors: Doors) -> None:
    guess(doors, request(ATTACKER), 350)

    doors.ensure_welcome(request(SCHOOL))
    assert guess(doors, request(SCHOOL), 10) == 10


def test_who_never_misses_is_not_held(doors: Doors) -> None:
    for number in range(1_000):
        doors.ensure_welcome(request(f"198.51.{number // 250}.{number % 250}"))

    assert doors.held == 0


def test_addresses_are_let_go_of_after_a_minute(doors: Doors, clock: Clock) -> None:
    for number in range(100):
        doors.knocked(request(f"198.51.100.{number}"))
    assert doors.held == 100
    clock.now += 61
    doors.knocked(request(ATTACKER))
    assert doors.held == 1


def test_more_addresses_than_are_counted_push_out_those_that_knocked_longest_ago(
    doors: Doors, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_ADDRESSES", 50)
    guess(doors, request(ATTACKER), 300)
    for number in range(200):
        clock.now += 0.01
        doors.knocked(request(f"198.51.100.{number}"))
        if number % 20 == 0:
            doors.knocked(request(ATTACKER))

    assert doors.held == 50
    with pytest.raises(KnocksTooOften):
        doors.ensure_welcome(request(ATTACKER))


def test_what_an_address_takes_is_bounded_whatever_it_does(doors: Doors) -> None:
    for _ in range(5_000):
        doors.knocked(request(ATTACKER))

    (knocks,) = doors._knocks.values()
    assert len(knocks._at) == MOST_MISSES
    assert MOST_ADDRESSES * MOST_MISSES * knocks._at.itemsize < 10_000_000


def test_one_network_of_ipv6_counts_as_one_address(doors: Doors) -> None:
    addresses = [f"2001:db8:1:2::{number:x}" for number in range(1, 400)]

    assert sum(guess(doors, request(address), 1) for address in addresses) == 300
    doors.ensure_welcome(request("2001:db8:1:3::1"))


def test_an_ipv4_address_is_the_same_within_ipv6(doors: Doors) -> None:
    guess(doors, request(ATTACKER), 300)

    with pytest.raises(KnocksTooOften):
        doors.ensure_welcome(request(f"::ffff:{ATTACKER}"))


def test_what_a_stranger_says_of_himself_is_not_believed(doors: Doors) -> None:
    told = [request(ATTACKER, x_forwarded_for=f"192.0.2.{n}", forwarded=f"for=192.0.2.{n}") for n in range(250)] * 2

    assert sum(guess(doors, one, 1) for one in told) == 300


def test_behind_a_trusted_proxy_each_is_counted_for_himself(clock: Clock) -> None:
    doors = Doors(PROXIES, MOST_MISSES, clock)
    forged = [request(PROXY, x_forwarded_for=f"192.0.2.{n % 250}, {ATTACKER}") for n in range(400)]

    assert sum(guess(doors, one, 1) for one in forged) == 300
    doors.ensure_welcome(request(PROXY, x_forwarded_for=SCHOOL))


def test_peers_without_an_address_are_counted_together(doors: Doors) -> None:
    assert sum(guess(doors, request(peer), 1) for peer in [None, "testclient", "/run/x.sock"] * 200) == 300


def who(peer: str = PROXY, *, forwarded_for: str = "", forwarded: str = "") -> str:
    """Who asks, behind these proxies."""
    return str(asker(peer, forwarded_for=forwarded_for, forwarded=forwarded, trusted=PROXIES))


@pytest.mark.parametrize(
    ("header", "found"),
    [
        (SCHOOL, SCHOOL),
        (f"{ATTACKER}, {SCHOOL}", SCHOOL),
        (f"{ATTACKER}, {SCHOOL}, 10.9.9.9", SCHOOL),
        ("10.1.1.1, 10.2.2.2", "10.1.1.1"),
        (f"{SCHOOL}:1234", SCHOOL),
        ("[2001:db8::1]:443", "2001:db8::1"),
        ("2001:db8::1", "2001:db8::1"),
        (f"{ATTACKER}, unknown", PROXY),
        (f"{ATTACKER}, unknown, 10.3.3.3", "10.3.3.3"),
        (f"{SCHOOL},", PROXY),
        ("", PROXY),
        (",,,,", PROXY),
        ("999.1.1.1", PROXY),
        ("x" * 60_000, PROXY),
        (f"{ATTACKER}, " * 5_000 + SCHOOL, SCHOOL),
    ],
)
def test_the_last_address_that_no_trusted_proxy_speaks_for_asks(header: str, found: str) -> None:
    assert who(forwarded_for=header) == found


@pytest.mark.parametrize(
    ("header", "found"),
    [
        (f"for={SCHOOL}", SCHOOL),
        (f"For={ATTACKER}, FOR={SCHOOL};proto=https;by=10.0.0.2", SCHOOL),
        (f'proto=https;for="{SCHOOL}:4711"', SCHOOL),
        ('for="[2001:db8:cafe::17]:4711"', "2001:db8:cafe::17"),
        (f"for={SCHOOL}, for=10.4.4.4", SCHOOL),
        (f"for={ATTACKER}, for=unknown", PROXY),
        (f"for={ATTACKER}, for=_hidden", PROXY),
        (f"for={ATTACKER}, proto=https", PROXY),
        (f'for={SCHOOL};host="a, for={ATTACKER}"', SCHOOL),
        (f'host="a;for={ATTACKER};b";for={SCHOOL}', SCHOOL),
        (f'for={ATTACKER};host="open, for={SCHOOL}', SCHOOL),
        (f'for="{ATTACKER}, for={SCHOOL};host="h"', SCHOOL),
        (f'for={ATTACKER};a="b\\", for={SCHOOL};host="h"', SCHOOL),
        ('"' * 3_000, PROXY),
        (',"' * 30_000, PROXY),
        (";=" * 9_000, PROXY),
    ],
)
def test_the_same_is_read_from_forwarded_whatever_a_client_left_open(header: str, found: str) -> None:
    assert who(forwarded=header) == found


def test_what_most_proxies_write_goes_before_what_they_pass_on() -> None:
    assert who(forwarded_for=SCHOOL, forwarded=f"for={ATTACKER}") == SCHOOL


def test_without_a_trusted_proxy_headers_say_nothing() -> None:
    assert who(SCHOOL, forwarded_for=ATTACKER, forwarded=f"for={ATTACKER}") == SCHOOL


@given(st.text(alphabet='for=",;:[] .0123456789abcdefx\\%', max_size=120))
def test_no_header_is_a_fault(header: str) -> None:
    for found in (who(forwarded=header), who(forwarded_for=header), who(header)):
        assert found == "None" or address_in(found) is not None


def test_addresses_with_a_zone_or_a_port_are_read(clock: Clock) -> None:
    texts: Iterable[tuple[str, str | None]] = [
        ("fe80::1%eth0", "fe80::1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("[::1]", "::1"),
        ("::1", "::1"),
        ("1.2.3.4:", None),
        ("1.2.3", None),
        ("0x7f.1", None),
        ("", None),
    ]
    for text, expected in texts:
        found = address_in(text)
        assert (str(found) if found is not None else None) == expected, text


def test_an_address_and_a_network_are_never_the_same_household() -> None:
    four, six = address_in("32.1.13.184"), address_in("2001:db8::1")
    assert four is not None
    assert six is not None
    assert (len(household(four)), len(household(six))) == (4, 8)
