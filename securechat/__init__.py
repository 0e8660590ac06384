"""Secure Chat: a self-hosted encrypted chat.

The package root owns the version and imports nothing, so that ``securechat.requirements_check`` can be asked
before any other package is installed. ``securechat.client`` is the door for programs.
"""

__all__ = ["__version__"]

__version__ = "0.1.0"
