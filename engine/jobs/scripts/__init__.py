"""Scripts: a worker starts somebody's own command, reads what it prints, tells it what was asked, and sees its end."""
