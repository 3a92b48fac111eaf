"""From what is printed to what it means; the printed text always stays beside it."""
