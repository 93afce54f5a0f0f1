"""Scraping: numbers read from the lines that a program prints, without a line of ours in it. Pure."""

from engine.scrape.lines import LONGEST_LINE, Lines, Printout, plain
from engine.scrape.patterns import parse_pattern
from engine.scrape.scraper import Reading, Scraper, Understood

__all__ = ["LONGEST_LINE", "Lines", "Printout", "Reading", "Scraper", "Understood", "parse_pattern", "plain"]
