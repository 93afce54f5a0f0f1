"""What the app is put together from: each part answers the messages of one matter."""
