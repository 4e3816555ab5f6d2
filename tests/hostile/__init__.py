"""Servers that mean harm or count sins, and what is asked of a program that visits them."""
