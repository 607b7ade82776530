"""What screening and staff decide about senders, and what follows for their transactions."""
