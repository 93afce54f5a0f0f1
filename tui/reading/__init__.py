"""What the feed reads from the store, live and past, and what need not be read again."""
