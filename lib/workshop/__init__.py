"""The model of a workshop. Pure: no I/O, no Streamlit, no SQLAlchemy."""
