"""Take a port before anything else is touched, so that a taken one is known at once."""

import errno
import socket

import click

from app.settings import Settings


def bind(settings: Settings) -> socket.socket:
    """Bind the server's socket without listening yet; raise ClickException where that cannot be."""
    taken = socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET)
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        taken.bind((settings.host, settings.port))
    except OSError as failure:
        taken.close()
        raise refusal(settings, failure) from failure
    return taken


def refusal(settings: Settings, failure: OSError) -> click.ClickException:
    """Say why a port cannot be had."""
    place = f"{settings.host} port {settings.port}"
    if failure.errno == errno.EADDRINUSE:
        return click.ClickException(f"{place} is taken; stop what runs there, or choose another with PORT.")
    return click.ClickException(f"Cannot listen on {place}: {failure.strerror or failure}.")
