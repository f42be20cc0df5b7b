"""Names of things in commands: a code, an identifier, an address, a word to search for."""

import click


class Name(click.ParamType[str]):
    """A text that names something. An empty one is a mistake, most often an unset variable."""

    name = "text"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> str:
        text = str(value).strip()
        if not text:
            self.fail("it is empty. Leave it out, or name something.", param, ctx)
        return text


NAME = Name()
