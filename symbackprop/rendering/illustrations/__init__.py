"""One file for each kind of figure: when it suits a model, what it shows, what its caption tells."""
