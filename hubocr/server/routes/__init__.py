"""The routes, one file a client family."""
