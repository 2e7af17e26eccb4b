"""What a step produces: models, normalisation, differences, summaries."""
