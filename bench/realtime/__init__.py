"""How long a write takes to reach open screens, and what that costs."""
