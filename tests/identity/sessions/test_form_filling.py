"""Values filled into the forms of a page."""

import pytest

from identity.sessions.form_filling import fill_forms

PATH = "/account/name"


def form(content: str, attributes: str = 'method="post"') -> str:
    return f"<form {attributes}>{content}</form>"


TEXT = "&lt;new&gt; &amp; &quot;more&quot;"
RADIOS = (
    '<input type="radio" name="c" value="1"{}>',
    '<input type="radio" name="c" value="2"{}>',
)
OPTIONS = (
    '<select name="c"><option value="1"{}>1</option>',
    '<option value="2"{}>2</option></select>',
)
CODE = '<input name="a" autocomplete="one-time-code">'


def choices(pair: tuple[str, str], first: str, second: str) -> str:
    return pair[0].format(first) + pair[1].format(second)


@pytest.mark.parametrize(
    ("content", "filled"),
    [
        ('<input name="a" value="old">', f'<input name="a" value="{TEXT}">'),
        ('<input name="b" value="kept">', '<input name="b" value="kept">'),
        (
            '<textarea name="a">old &amp; gone</textarea>',
            '<textarea name="a">\n&lt;new&gt; &amp; "more"</textarea>',
        ),
        ('<input type="hidden" name="a" value="x">', '<input type="hidden" name="a" value="x">'),
        ('<input type="password" name="a">', '<input type="password" name="a">'),
        (CODE, CODE),
        (choices(RADIOS, " checked", ""), choices(RADIOS, "", " checked")),
        (choices(OPTIONS, " selected", ""), choices(OPTIONS, "", " selected")),
    ],
)
def test_fill_forms_fills_fields_by_name(content: str, filled: str) -> None:
    fields = [("a", '<new> & "more"'), ("c", "2")]
    assert fill_forms(form(content), PATH, fields) == form(filled)


@pytest.mark.parametrize(
    "attributes", ['method="get"', 'method="post" action="/other"', 'action="/account/name"']
)
def test_fill_forms_leaves_other_forms(attributes: str) -> None:
    page = form('<input name="a" value="old">', attributes)
    assert fill_forms(page, PATH, [("a", "new")]) == page


def test_fill_forms_fills_fields_of_one_name_in_their_order() -> None:
    page = form('<input name="a"><input name="a">')
    filled = form('<input name="a" value="1"><input name="a" value="2">')
    assert fill_forms(page, PATH, [("a", "1"), ("a", "2")]) == filled


def test_fill_forms_keeps_the_rest_of_the_page() -> None:
    page = (
        "<!doctype html><!-- c --><p class='x'>A &amp; &#39;B&#39; <br/></p><script>1 < 2</script>"
    )
    assert fill_forms(page, PATH, [("a", "1")]) == page
