"""Workers seen from outside: start them, judge whether they live, recover their runs."""
