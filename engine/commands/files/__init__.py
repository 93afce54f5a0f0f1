"""The commands about files: what other programs have logged, what is written for them, and copies of the store."""
