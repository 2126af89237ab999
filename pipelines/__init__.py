"""Batch jobs and the command line: from a configuration through the domain steps to a published snapshot."""
