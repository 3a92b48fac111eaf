"""Django's PostgreSQL backend, telling the database the current clinic in every transaction."""
