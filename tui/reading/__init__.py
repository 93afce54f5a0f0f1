"""What the feed reads, and what of it need not be read again."""
