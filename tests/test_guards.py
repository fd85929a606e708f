"""What guards every test: no network but loopback, and no warning that goes unheard."""

import gc
import socket
import warnings

import pytest
from pytest_socket import SocketConnectBlockedError


def test_no_test_reaches_another_machine():
    # The guard warns before it raises, and a warning is an error here.
    with pytest.raises((SocketConnectBlockedError, UserWarning), match=r"192\.0\.2\.1"):
        socket.create_connection(("192.0.2.1", 80), timeout=1)


def test_a_warning_fails_a_test():
    with pytest.raises(DeprecationWarning, match="planted"):
        warnings.warn("planted", DeprecationWarning, stacklevel=1)


def test_tests_run_in_random_order(pytestconfig: pytest.Config):
    assert pytestconfig.pluginmanager.hasplugin("randomly")
    assert pytestconfig.getoption("randomly_reorganize")


def test_garbage_is_not_looked_for_among_the_tests():
    assert gc.isenabled()
    assert gc.get_freeze_count() > 100_000
