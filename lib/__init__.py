"""Throughline: a design-thinking workshop walked in ten steps, with nothing ever lost."""
