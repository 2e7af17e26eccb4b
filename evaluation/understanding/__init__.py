"""The small model of `lib.guide.understanding`: its data, its training, its figures."""
