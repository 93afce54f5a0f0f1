"""The cluster: a bridge claims runs like any worker, and has them advanced by chunk tasks on other machines."""
