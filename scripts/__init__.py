"""Programs for people and for the Makefile; nothing in the product imports them."""
