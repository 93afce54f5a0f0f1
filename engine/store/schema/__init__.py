"""Tables and migrations; opening, creating, inspecting and backing up a store."""
