"""feedbraid republishes feeds: sources and local posts in, clean Atom, RSS and JSON out."""

__version__ = "0.1.0"
