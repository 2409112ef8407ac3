"""What `soapbubble` does: the jobs that the workflow's rules run, and the answers that people ask for."""
