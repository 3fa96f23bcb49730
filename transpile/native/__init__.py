"""From C to something that runs: the compiler, what it is called with, libraries and their cache."""
