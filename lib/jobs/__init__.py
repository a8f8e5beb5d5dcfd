"""What runs off the request: deferred answers, the queue, the snapshot."""
