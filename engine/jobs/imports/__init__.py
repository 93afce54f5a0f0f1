"""Imports: joins the readers of other programs' files and the store: takes runs in once, and follows them."""
