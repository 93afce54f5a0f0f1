"""What a run observes of its program: what it prints, and what it uses of its machine."""
