"""The past: tapes, reels and pictures of moments."""
