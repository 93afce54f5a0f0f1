"""What the keys of the board and the replay do; the screens hold these parts."""
