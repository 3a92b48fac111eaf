"""The asking machine's address, as far as it can be believed."""

import pytest
from django.test import RequestFactory

from clinic.middleware import client_ip


@pytest.mark.parametrize(
    ("forwarded", "direct", "expected"),
    [
        ("203.0.113.7", "10.0.0.1", "203.0.113.7"),
        ("6.6.6.6, 203.0.113.7", "10.0.0.1", "203.0.113.7"),
        ("2001:db8::1", "10.0.0.1", "2001:db8::1"),
        (None, "10.0.0.1", "10.0.0.1"),
        ("", "10.0.0.1", "10.0.0.1"),
        ("unknown", "10.0.0.1", "10.0.0.1"),
        ("203.0.113.7:4711", "10.0.0.1", "10.0.0.1"),
        ("fe80::1%eth0", "10.0.0.1", "10.0.0.1"),
        ("unknown", "", None),
    ],
)
def test_the_address_is_one_that_the_audit_can_hold(settings, forwarded, direct, expected):
    settings.PROXY_COUNT = 1
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    request = RequestFactory(headers=headers).get("/", REMOTE_ADDR=direct)
    assert client_ip(request) == expected
