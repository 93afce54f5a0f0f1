"""The app: answers messages, carries orders out in threads, opens and closes screens."""
