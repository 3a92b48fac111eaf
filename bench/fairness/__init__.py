"""How long a clinic's page waits while another clinic's back-scan is read."""
