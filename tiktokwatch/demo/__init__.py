"""A made-up recording of three days with one outage in it, and what made it up."""
