import socket

import pytest

from config.stack import ports


def test_the_port_of_the_last_start_is_taken_again() -> None:
    port = ports.free_port()
    assert ports.free_port(f"redis://:secret@127.0.0.1:{port}/0") == port


def test_a_port_somebody_else_took_meanwhile_is_replaced() -> None:
    with socket.create_server((ports.HOST, 0)) as holder:
        taken = holder.getsockname()[1]
        assert ports.free_port(f"mqtt://127.0.0.1:{taken}") != taken


def test_a_taken_port_is_refused_in_a_sentence_that_says_what_to_do() -> None:
    with socket.create_server((ports.HOST, 0)) as holder:
        taken = holder.getsockname()[1]
        with pytest.raises(ports.PortTakenError) as refused:
            ports.claim(taken, what="the web", option="--port")
    assert str(refused.value) == (
        f"Port {taken} for the web is taken by another program. Stop it, or pick another with --port."
    )


def test_a_free_port_is_not_refused() -> None:
    ports.claim(ports.free_port(), what="the web", option="--port")
