"""Lines that teach: the lesson of what was seen, and the scenes of the tour."""
