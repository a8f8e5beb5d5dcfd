"""What the dashboard costs: its queries in Postgres."""
