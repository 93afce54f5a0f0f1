"""Parts of forms: rows with a field each, the help of the focused one, and what is wrong beside it."""
