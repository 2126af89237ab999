"""valuekit: one customer list, one cash flow and one lifetime value that every team can check."""

__version__ = "0.1.0"
