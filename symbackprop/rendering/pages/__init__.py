"""What a page has beside its document: fonts, a script, what the symbols mean, other forms, numbers that move."""
