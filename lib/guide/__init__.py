"""Who answers in a step: the port, and the guides behind it."""
