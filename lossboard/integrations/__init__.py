"""Integrations: callbacks for training frameworks, each of which is imported when its callback is; what shims share."""
