"""What a running process shows: masked logs, metrics, instrumentation."""
