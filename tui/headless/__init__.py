"""The screens without a terminal: frames of a replay, screenshots."""
