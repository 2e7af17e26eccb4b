"""What one server process does for its teams."""
