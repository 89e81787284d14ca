"""Movers of images: the port, and one adapter a file. An adapter knows registries and references, nothing of ImageStreams."""
