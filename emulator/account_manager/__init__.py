"""Account Manager's REST interface for users, organizations, roles and API clients."""
