"""The commands about objectives and data sets; they open no store."""
