"""The command line: the composition root, which builds the parts from settings and starts them."""
