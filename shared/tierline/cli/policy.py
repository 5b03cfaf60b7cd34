"""`tierline policy`: check, try, compare, preview and apply policies; print their schema."""

import typer

from tierline.cli import policy_apply, policy_check, policy_diff, policy_preview, policy_test
from tierline.policy.schema import schema_text

app = typer.Typer(no_args_is_help=True, help="Check, try, compare, preview and apply policies.")


@app.callback()
def policy() -> None:
    """Check, try, compare, preview and apply policies."""


policy_check.register(app)
policy_test.register(app)
policy_diff.register(app)
policy_preview.register(app)
policy_apply.register(app)


@app.command()
def schema() -> None:
    """Print the JSON Schema of policy files, for editors."""
    typer.echo(schema_text(), nl=False)
