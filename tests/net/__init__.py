"""Tests of securechat.net: real sockets on the loopback, real TLS."""
