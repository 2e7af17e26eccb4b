"""Run by Alembic inside the transaction that `lib.store.migrate` holds."""

from alembic import context

from lib.store.sql.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
context.run_migrations()
