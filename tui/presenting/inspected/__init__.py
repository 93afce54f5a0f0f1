"""What the inspector's tabs say: lines and captions, from the answers to their inquiries."""
