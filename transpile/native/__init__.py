"""From C to something that runs: the compiler, libraries and their cache, packages, wheels, source archives."""
