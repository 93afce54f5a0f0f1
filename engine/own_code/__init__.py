"""Code of your own: the files and packages that a spec names, loaded once somebody here has said yes to them."""
