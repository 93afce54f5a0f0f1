"""Screens: what fills the terminal or lies over it. They turn keys into messages and know no other screen."""
