"""Screens: fill the terminal or cover a part of it. They turn keys into messages and know no other screen."""
