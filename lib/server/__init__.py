"""The web server around Streamlit: routes, middleware, polling, health."""
