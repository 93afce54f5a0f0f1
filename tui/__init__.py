"""The screen: it reads the store, draws what it finds, and starts and steers work; it computes no loss."""
