"""What people install: Python packages, wheels and source archives with a model in them."""
