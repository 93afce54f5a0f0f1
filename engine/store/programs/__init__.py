"""What other programs tell: runs that they log, what they measure and print, and files that were imported."""
