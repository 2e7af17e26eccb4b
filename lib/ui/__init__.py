"""What people see: pages drawn with Streamlit."""
