"""Actions: each asks what must be asked first, carries its order out in a thread, and answers with a message."""
