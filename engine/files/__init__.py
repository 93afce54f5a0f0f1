"""Folders of the program and its user, and locks on folders."""
