"""How good a guide is: a simulated team walks the ten steps with it, and its artifacts are scored."""
