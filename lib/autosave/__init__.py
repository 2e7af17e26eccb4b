"""Debounced autosave. Knows nothing of Streamlit, of the store or of the wall clock."""
