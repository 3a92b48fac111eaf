"""Template tags and the words behind them."""
