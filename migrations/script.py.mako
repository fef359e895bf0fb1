"""${message}"""

from alembic import op

revision = "${up_revision}"
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""SELECT 1""")


def downgrade() -> None:
    op.execute("""SELECT 1""")
