"""Integrations: callbacks of training frameworks, each of which is imported when its callback is."""
